import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from desk import VOCABULARY, part_of
from pydantic import ValidationError
from runs import environment

from sofrito.filters.base import Verdict
from sofrito.filters.language import Language, language_of
from sofrito.filters.language_codes import LANGUAGES

A = ("a",)
WITHOUT = """
import sys
sys.modules["py3langid"] = None
from sofrito.filters.language import Language
from sofrito.problems import Trouble
try:
    Language(allowed="en").ready()
except Trouble as trouble:
    print(trouble.what, trouble.fix)
"""

BASE64 = "SGVsbG8gd29ybGQhIFRoaXMgaXMgYSB0ZXN0IG9mIHRoZSBsYW5ndWFnZSBmaWx0ZXIu" * 4

COMMAND = """
import sys
sys.modules["py3langid"] = None
from sofrito.cli import invoke
sys.exit(invoke(sys.argv[1:]))
"""
RECIPE = """
recipe: case
seeds: {data: {rows: [{text: Tea is hot.}]}}
from: data
steps:
  - filter: text
    by:
      - length: {words: [1, 9]}
      - language: [en]
output: {write: [text]}
"""


def language(*allowed: str, **said: Any) -> Language:
    made = part_of(Language, {"allowed": list(allowed), **said})
    assert isinstance(made, Language)
    return made


@pytest.fixture(scope="module")
def installed() -> None:
    """Skip where the extra is not installed."""
    pytest.importorskip("py3langid", reason="the extra `language` is not installed")


@pytest.mark.usefixtures("installed")
def test_what_is_surely_in_another_language_is_rejected() -> None:
    text = "Ich trinke morgens am liebsten eine Tasse schwarzen Tee."
    code, sure = language_of(text)
    assert (code, sure > 0.9) == ("de", True)
    assert language("en").judge({"a": text}, A) == Verdict(
        False, "another language", "a is de", sure
    )
    assert language("en", "de").judge({"a": text}, A) == Verdict(True, "", "a is de", sure)


@pytest.mark.usefixtures("installed")
def test_columns_are_told_one_by_one() -> None:
    values = {"a": "This is a sentence in English.", "b": "Ceci est une phrase en français."}
    told = language("en").judge(values, ("a", "b"))
    assert (told.kept, told.detail) == (False, "b is fr")
    both = language("en", "fr").judge(values, ("a", "b"))
    assert (both.kept, both.detail) == (True, "a is en, b is fr")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("text", ["", None, "12345", "3x + 5y - 9 = 0", "Paris", "hi", BASE64])
def test_what_has_no_language_is_in_no_other_one(text: str | None) -> None:
    assert language("en").judge({"a": text}, A).kept
    assert not language("en", certain=0).judge({"a": text}, A).kept


@pytest.mark.usefixtures("installed")
def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    english, german = "This is English. " * 400, "Das hier ist Deutsch. " * 4000
    assert language("en").judge({"a": english + german}, A).kept


@pytest.mark.usefixtures("installed")
def test_the_codes_are_those_of_the_model() -> None:
    from sofrito.filters.language import _identifier

    assert sorted(LANGUAGES) == sorted({*_identifier().labels} - {"zxx"})
    assert len(set(LANGUAGES)) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("code", "fix"), [("eng", "Did you mean `en`?"), ("english", "Such as `en`, `de`, `fr`, `zh`.")]
)
def test_a_code_that_is_none_is_refused(code: str, fix: str) -> None:
    with pytest.raises(ValidationError) as error:
        Language.model_validate({"allowed": ["de", code]}, context=VOCABULARY)
    (one,) = error.value.errors()
    assert one["msg"] == f"`{code}` is no code of a language that can be told"
    assert one["ctx"]["fix"] == fix


@pytest.mark.usefixtures("installed")
def test_alpaca_is_english_but_for_its_translations(shared: Path) -> None:
    """Of a thousand answers three translations are found, and three that are hardly sentences."""
    file = shared / "data" / "alpaca" / "alpaca_data_00000_03252.json"
    answers = [row["output"] for row in json.loads(file.read_text(encoding="utf-8"))[:1000]]
    judge = language("en").judge
    rejected = [text for text in answers if not judge({"a": text}, A).kept]
    assert [text.split()[0] for text in rejected] == [
        "Temperature", "The", "La", "Je", "El", "D-C-B-A-D",
    ]  # fmt: skip


def test_without_the_package_it_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "The filter `language` needs the package py3langid, which is not installed. "
        "Install it: pip install 'sofrito[language]'\n"
    )


def test_a_recipe_is_told_before_a_run(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    done = {
        name: subprocess.run(
            [sys.executable, "-c", COMMAND, name, "recipe.yaml"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment(),
        )
        for name in ("validate", "run")
    }
    told = "warning[SOF214]: `language` needs `py3langid`, which is not installed.\n"
    assert done["validate"].returncode == 0
    assert f"{told}  --> recipe.yaml:9:9\n" in done["validate"].stderr
    assert done["run"].returncode == 1
    assert done["run"].stderr.endswith(
        "sofrito: The filter `language` needs the package py3langid, which is not installed.\n"
        "Install it: pip install 'sofrito[language]'\n"
    )
