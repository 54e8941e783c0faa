"""What models are set to, against what the steps ask and what this machine has."""

import subprocess
import sys
from pathlib import Path

import pytest
from runs import environment

from sofrito.problems import RecipeError
from sofrito.recipe.machine import on_this_machine, usable_cores
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """
recipe: limits
models: {teacher: MODEL}
rows: 3
budget: {usd: 1}
steps:
  - generate: text
    prompt: Say hello.
    sampling: {max_tokens: 200}
output: {write: [{text: text}]}
"""


def told(folder: Path, vocabulary: Vocabulary, model: str) -> list[tuple[str, str, str]]:
    path = folder / "recipe.yaml"
    path.write_text(RECIPE.replace("MODEL", model), encoding="utf-8")
    try:
        problems = read_recipe(path, vocabulary, environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [(p.code, p.severity, p.what) for p in problems]


@pytest.mark.parametrize(("context", "fits"), [(202, True), (200, False)])
def test_an_answer_must_fit_into_the_context(
    tmp_path: Path, vocabulary: Vocabulary, context: int, fits: bool
) -> None:
    words = (
        "An answer of `max_tokens: 200` and its prompt, of 2 words or more, do not fit into the "
        "`context: 200` of `teacher`."
    )
    found = told(tmp_path, vocabulary, f"{{model: local, context: {context}}}")
    assert found == ([] if fits else [("SOF217", "error", words)])


def test_a_repository_is_no_file(tmp_path: Path, vocabulary: Vocabulary) -> None:
    what = "`hub: foo/bar` names a repository, and an embedded model is one GGUF file."
    assert told(tmp_path, vocabulary, "{hub: foo/bar}") == [("SOF212", "error", what)]
    assert told(tmp_path, vocabulary, "{hub: foo/bar, backend: transformers}") == []


def test_more_threads_than_cores_are_warned_of(tmp_path: Path, vocabulary: Vocabulary) -> None:
    cores = usable_cores()
    assert told(tmp_path, vocabulary, f"{{model: local, threads: {cores}}}") == []
    ((code, severity, what),) = told(
        tmp_path, vocabulary, f"{{model: local, threads: {cores + 1}}}"
    )
    assert (code, severity) == ("SOF214", "warning")
    assert what.startswith(f"`threads` is {cores + 1}, but this machine has {cores} core")


WITHOUT_TABLE = """
import sys
sys.modules["genai_prices"] = None
from sofrito.cli import invoke
sys.exit(invoke(["validate", "recipe.yaml"]))
"""


SERVER = "backend: openai, base_url: https://models.example/v1, model: unsold"
FREE = [
    "{backend: openai, base_url: http://127.0.0.1:8000/v1, model: m}",
    f"{{{SERVER}, price: {{input: 1, output: 2}}}}",
    "{backend: scripted}",
]


def validated_without_table(folder: Path, model: str) -> tuple[int, str]:
    (folder / "recipe.yaml").write_text(RECIPE.replace("MODEL", model), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TABLE],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        check=False,
    )
    return done.returncode, done.stderr


def test_limited_money_without_a_table_of_prices(tmp_path: Path) -> None:
    code, said = validated_without_table(tmp_path, f"{{{SERVER}}}")
    assert code == 2
    assert (
        "`budget.usd` needs the price of `teacher` (unsold), and no table of prices is here."
        in said
    )
    assert (
        "Add `price: {input: …, output: …}`, in dollars for a million tokens, to the model, or "
        "pip install 'sofrito[prices]'."
    ) in said
    assert [validated_without_table(tmp_path, model)[0] for model in FREE] == [0, 0, 0]


def test_limited_money_and_a_model_that_the_table_does_not_know(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    pytest.importorskip("genai_prices")
    what = "`budget.usd` needs the price of `teacher` (unsold), which the table of prices does not know."
    assert told(tmp_path, vocabulary, f"{{{SERVER}}}") == [("SOF214", "error", what)]
    known = "{backend: openai, base_url: https://api.mistral.ai/v1, model: mistral-large-latest}"
    assert [told(tmp_path, vocabulary, model) for model in (known, *FREE)] == [[], [], [], []]


def test_which_servers_are_this_machines() -> None:
    own = ("http://localhost:8000/v1", "http://127.0.0.2/v1", "http://[::1]:9/v1")
    others = ("https://api.example.org/v1", "http://10.0.0.1/v1", "http://[::1", "")
    assert [on_this_machine(url) for url in (*own, *others)] == [True] * 3 + [False] * 4
