"""The reference of the language: that it is fresh, complete, and shows nothing that is wrong."""

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from sofrito.recipe.entries import Check
from sofrito.recipe.read import read_recipe
from sofrito.recipe.reference import FILE, published_reference, reference, write_reference
from sofrito.recipe.reference_examples import flow
from sofrito.recipe.schema import recipe_schema
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / FILE).read_text(encoding="utf-8")
FRAGMENTS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
RECIPES = [text for text in FRAGMENTS if text.startswith("recipe:")]
HEAD = """\
recipe: fragment
models: {teacher: {backend: scripted}}
seeds:
  tasks: {rows: [{instruction: Name a fruit., answer: A fig., text: A text.}]}
rows: 200
"""
BEGIN = """\
steps:
- generate: [question, answer, instruction, input, output, text]
  shots: [{draw: 1, from: tasks, grown: false}]
  prompt: "Like {{ shots[0].instruction }}"
  parse: json_list
"""
SOFT = """\
- generate: answer
  prompt: "{{ question }}"
  soft_labels: 2
"""


class Shout(Verb):
    """Writes a column in capitals."""

    verb: ClassVar[str] = "shout"

    shout: str
    """The column."""

    volume: int = 11
    """How loud: of eleven | twelve."""


class Loud(Check):
    """Keeps what is loud."""

    filter: ClassVar[str] = "loud"


def entries(heading: str, end: str) -> list[str]:
    """Return the fragments between two headings, a line or a step each."""
    part = TEXT.partition(f"\n## {heading}\n")[2].partition(f"\n## {end}\n")[0]
    found = re.findall(r"^```yaml\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    return [one for text in found for one in re.split(r"^(?=- )", text, flags=re.MULTILINE) if one]


def indented(text: str, by: int) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


def warnings(text: str, folder: Path, vocabulary: Vocabulary) -> list[str]:
    file = folder / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    return [one.what for one in read_recipe(file, vocabulary).warnings]


def test_the_published_file_is_the_generated_one(vocabulary: Vocabulary) -> None:
    fresh = published_reference(DOCS, vocabulary) == TEXT
    assert fresh, f"docs/{FILE} is out of date; regenerate it: sofrito schema --write"


def test_writing_gives_the_published_text(vocabulary: Vocabulary, tmp_path: Path) -> None:
    (tmp_path / "_recipe_intro.md").write_text("# Words\n\nHello.\n", encoding="utf-8")
    assert write_reference(tmp_path, vocabulary) == tmp_path / FILE
    assert (tmp_path / FILE).read_text(encoding="utf-8") == reference(
        vocabulary, "# Words\n\nHello."
    )


def test_its_complete_recipes_are_valid(vocabulary: Vocabulary, tmp_path: Path) -> None:
    (tmp_path / "letters.jsonl").write_text(
        '{"letter": "The lid of my kettle broke."}\n{"letter": "Where is my teapot?"}\n',
        encoding="utf-8",
    )
    assert [warnings(text, tmp_path, vocabulary) for text in RECIPES] == [[]] * 4


@pytest.mark.parametrize("step", entries("Steps", "Filters"))
def test_its_steps_are_valid(step: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    begin = BEGIN
    if step.startswith("- generate: answer"):
        begin = begin.replace(" answer,", "")
    if step.startswith("- set: text"):
        begin = begin.replace(", text]", "]")
    if step.startswith("- explode: questions"):
        begin = begin.replace("[question,", "[questions,") + "  schema: {questions: strings}\n"
    if step.startswith("- collect: [exercise, solution]"):
        begin = begin.replace(", text]", ", text, exercise, solution]")
    if step.startswith("- pair: response"):
        begin = begin.replace(", text]", ", text, response, verdict]")
        begin += "  schema: {verdict: object}\n"
    if step.startswith("- grow: tasks"):
        begin = begin.replace("grown: false", "grown: true")
    text = f"{HEAD}{begin}{step}output: {{write: [raw]}}\n"
    assert warnings(text, tmp_path, vocabulary) == []


@pytest.mark.parametrize("entry", entries("Filters", "Formats"))
def test_its_filters_are_valid(entry: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    chains = "chains: {text_only: [unique]}\n" if "text_only" in entry else ""
    step = f"- filter: instruction\n  by:\n{indented(entry, 2)}"
    head = HEAD.replace("}}", "}, scorer: {model: local}}") if "scorer" in entry else HEAD
    begin = BEGIN.replace(", text]", ", text, before]") if entry.startswith("- gain") else BEGIN
    text = f"{head}{chains}{begin}{step}output: {{write: [raw]}}\n"
    assert warnings(text, tmp_path, vocabulary) == []


@pytest.mark.parametrize("entry", entries("Formats", "Parts of steps"))
def test_its_formats_are_valid(entry: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    begin = BEGIN
    if re.match("- (dpo|orpo|kto|reward)", entry):
        begin = begin.replace(", text]", ", text, prompt, chosen, rejected]")
    if "label: good" in entry:
        begin = begin.replace("[question,", "[good, question,") + "  schema: {good: boolean}\n"
    if entry == "- prompt_completion\n":
        begin = begin.replace("[question, answer,", "[prompt, completion,")
    if entry.startswith("- distill"):
        begin = begin.replace(" answer,", "") + SOFT
    if not entry.startswith("- raw"):
        entry += "- raw\n"  # so that every column is used
    else:
        begin = re.sub(r"\[question, answer,.*\]", "[question, answer]", begin)
    text = f"{HEAD}{begin}output:\n  write:\n{indented(entry, 2)}"
    assert warnings(text, tmp_path, vocabulary) == []


def test_every_key_is_in_a_table(vocabulary: Vocabulary) -> None:
    schema = recipe_schema(vocabulary)
    parts: list[dict[str, Any]] = [schema, *schema["$defs"].values()]
    keys = {key for part in parts for key in part.get("properties", {})}
    assert keys == set(re.findall(r"^\| `([\w-]+)` \|", TEXT, re.MULTILINE))


def test_every_link_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    links = set(re.findall(r"\]\(#([^)]+)\)", TEXT))
    assert "sampling" in links
    assert links <= anchors


def test_plugins_are_in_it_like_what_is_built_in() -> None:
    text = reference(Vocabulary({"shout": Shout}, {"loud": Loud}, {}))
    verb = """\
### `shout`

Writes a column in capitals.

| key | type | default | what it does |
|---|---|---|---|
| `shout` | text | required | The column. |
| `volume` | whole number | `11` | How loud: of eleven \\| twelve. |
"""
    assert verb in text
    assert "### `loud`\n\nKeeps what is loud.\n\n```yaml\n- loud\n```\n" in text


def test_yaml_on_one_line_has_quotes_where_they_are_needed() -> None:
    value = {"a": ["x y", "yes", "1.10", "a: b", ""], "b": {"c": 1.5, "d": True, "e": None}}
    assert flow(value) == ('{a: [x y, "yes", "1.10", "a: b", ""], b: {c: 1.5, d: true, e: null}}')
