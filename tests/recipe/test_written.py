"""What formats write otherwise than one may think, and that doing what is said settles it."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: written
from: cards
seeds:
  cards:
    rows:
      - {question: Which?, tags: [a], kind: x, n: 1}
      - {question: Who?, tags: [b], kind: y, n: 2}
  real: {rows: [{question: Why?, n: 3}]}
steps:
  - converse: talk
    exchanges: [1, 1]
    user: {prompt: "You want to know: {{ question }}"}
  - {generate: good, prompt: "Is this good? {{ question }}", parse: boolean}
  - {generate: answer, prompt: "{{ question }}", when: kind == 'x' or n > 3}
STEPS
output: {write: [WRITE]MORE}
"""
LEFT_OUT = (
    "`answer` is null in rows where `kind == 'x' or n > 3` is false, and `text` leaves such rows "
    "out."
)
AS_JSON = "`{}` is a list, and `{}` writes it as JSON."


def told(
    folder: Path, vocabulary: Vocabulary, write: str, steps: str = "", more: str = ""
) -> list[str]:
    """Return the errors, and the warnings of values that are not what they are used as."""
    recipe = folder / "recipe.yaml"
    text = RECIPE.replace("WRITE", write).replace("STEPS", steps).replace("MORE", more)
    recipe.write_text(text, encoding="utf-8")
    try:
        found = read_recipe(recipe, vocabulary, environ={}).warnings
    except RecipeError as error:
        found = error.problems
    shown = (one for one in found if one.severity == "error" or one.code == "SOF218")
    return [f"{one.severity} {one.code}: {one.what}" for one in shown]


@pytest.mark.parametrize(
    ("write", "what", "mended", "steps"),
    [
        (
            "text: tags",
            AS_JSON.format("tags", "text"),
            "text: joined",
            "  - {set: joined, to: \"tags | join(', ')\"}",
        ),
        (
            "text: tags",
            AS_JSON.format("tags", "text"),
            "text: listed",
            "  - {set: listed, to: tags | tojson}",
        ),
        ("text: talk", AS_JSON.format("talk", "text"), "messages: talk", ""),
        (
            "dpo: {prompt: talk, chosen: question, rejected: n}",
            AS_JSON.format("talk", "dpo"),
            "dpo: {prompt: talk, chosen: question, rejected: n, chat: true}",
            "",
        ),
        (
            "prompt_completion: {prompt: question, completion: good}",
            "`good` is true or false, and `prompt_completion` writes these two words.",
            "prompt_completion: {prompt: question, completion: word}",
            "  - set: word\n    to: \"'good' if good else 'bad'\"",
        ),
        ("text: answer", LEFT_OUT, "text: {text: answer, where: kind == 'x' or n > 3}", ""),
        (
            "text: {text: answer, where: question != ''}",
            LEFT_OUT,
            "text: {text: answer, where: question != '' and (kind == 'x' or n > 3)}",
            "",
        ),
    ],
)
def test_a_warning_is_settled_by_doing_what_it_says(
    tmp_path: Path, vocabulary: Vocabulary, write: str, what: str, mended: str, steps: str
) -> None:
    assert told(tmp_path, vocabulary, write) == [f"warning SOF218: {what}"]
    assert told(tmp_path, vocabulary, mended, steps) == []


@pytest.mark.parametrize(
    "write",
    [
        "text: n",
        "messages: {prompt: question, completion: n, system: answer}",
        "alpaca: {instruction: question, input: answer, output: n}",
        "raw: {columns: [answer, tags, good, talk]}",
        "text: {text: answer, where: answer is not none}",
    ],
)
def test_numbers_are_texts_and_some_columns_may_be_null(
    tmp_path: Path, vocabulary: Vocabulary, write: str
) -> None:
    assert told(tmp_path, vocabulary, write) == []


@pytest.mark.parametrize(
    ("given", "steps", "found"),
    [
        ("", "", []),
        ("input: null, ", "", []),
        ("input: input, ", "", ["`alpaca` needs the column `input`, which nothing makes."]),
        ("", "  - {set: input, to: tags}", [AS_JSON.format("input", "alpaca")]),
        ("input: null, ", "  - {set: input, to: tags}", []),
    ],
)
def test_the_input_of_alpaca_need_not_be_there(
    tmp_path: Path, vocabulary: Vocabulary, given: str, steps: str, found: list[str]
) -> None:
    write = f"alpaca: {{{given}instruction: question, output: n}}"
    assert [one.partition(": ")[2] for one in told(tmp_path, vocabulary, write, steps)] == found


def test_an_input_that_ended_with_its_siblings_is_missed(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    opened = "  - {explode: tags, into: tag}\n  - {set: input, to: tag}\n"
    steps = f"{opened}  - {{collect: [tag], as: all}}"
    write = "alpaca: {instruction: question, output: n}"
    lacking = "`alpaca` needs the column `input`, which rows do not have at the end."
    assert told(tmp_path, vocabulary, write, steps) == [f"error SOF210: {lacking}"]


def test_real_rows_need_no_input_unless_its_column_is_named(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    steps, mix = '  - {set: input, to: "kind"}', ", mix: {real: real, share: 0.5}"
    plain = "alpaca: {instruction: question, output: n}"
    assert told(tmp_path, vocabulary, plain, steps, mix) == []
    named = "alpaca: {instruction: question, input: input, output: n}"
    what = "The real rows of `real` lack the column `input`, which `alpaca` needs."
    assert told(tmp_path, vocabulary, named, steps, mix) == [f"error SOF210: {what}"]
