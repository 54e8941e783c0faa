"""The five-minute filter and verb of CONTRIBUTING work as they stand there."""

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILTER, ITS_TEST, VERB = (
    textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
)


def loaded(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the text of a module under the name it would have."""
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, name, "exec"), vars(module))
    return vars(module)


def test_the_filter_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded("sofrito.filters.ends", FILTER, monkeypatch)
    tests = loaded("its_test", ITS_TEST, monkeypatch)
    ran = [tests[name]() for name in tests if name.startswith("test_")]
    assert len(ran) == 2


def test_the_verb_does_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from sofrito.plan.program import segmented
    from sofrito.recipe.schema import check_vocabulary
    from sofrito.recipe.vocabulary import Vocabulary
    from sofrito.steps import VERBS
    from sofrito.steps.base import Bench
    from sofrito.steps.work import Map, Row

    trim = loaded("sofrito.steps.trim", VERB, monkeypatch)["Trim"]
    check_vocabulary(Vocabulary({**VERBS, "trim": trim}, {}, {}))
    step = trim.model_validate({"trim": "text", "also": "*"})
    bench = Bench(0, step.label, 0, "", {})
    (stage,) = segmented(step.compiled(bench))[0].maps
    assert isinstance(stage.operation, Map)
    row = Row((0,), 1, {"text": " *bold* "})
    assert stage.operation.run(row, None) == [row.having({"text": "bold"})]  # type: ignore[arg-type]
