"""What editors offer, tell and underline in a recipe, asked of the language server that they ask.

`make .venv/.editor` installs the server; without node and npm these tests are skipped.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from language_server import LanguageServer, Squiggle
from schema_places import MappingPlace, places

from sofrito.plan.vocabulary import vocabulary
from sofrito.shipped import shipped_recipes

ROOT = Path(__file__).parents[2]
SERVER = Path(__file__).parent.joinpath(
    "node_modules", "yaml-language-server", "bin", "yaml-language-server"
)
FILES = ("recipe", "operator", "rubric", "card")
SCHEMAS: dict[str, dict[str, Any]] = {
    name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_bytes()) for name in FILES
}
PLACES = [(name, place) for name in FILES for place in places(SCHEMAS[name])]
IDS = [f"{name}:{place.name or 'top'}:{place.text.count(chr(10))}" for name, place in PLACES]
CURSOR = "▌"
GOOD = "recipe: a\nsteps:\n  - dedup: x\noutput: {write: [raw]}\n"


class Editor:
    """An editor in which a file that begins with the line for its schema is open."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._file = ROOT / "recipes" / "self-instruct" / "unsaved.yaml"
        self._opened = 0

    def completions(self, text: str, schema: str = "recipe") -> dict[str, str]:
        return self._server.completions(self._file, *self._open(text, schema))

    def hover(self, text: str, schema: str = "recipe") -> str:
        return _plain(self._server.hover(self._file, *self._open(text, schema)))

    def squiggles(self, text: str, schema: str = "recipe") -> list[Squiggle]:
        # A file of its own: what the server says of an earlier text may come late.
        self._opened += 1
        self._file = self._file.with_name(f"unsaved-{self._opened}.yaml")
        self._open(text + CURSOR, schema)
        return self._server.squiggles(self._file)

    def _open(self, text: str, schema: str) -> tuple[int, int]:
        whole = f"# yaml-language-server: $schema=../../schemas/{schema}.schema.json\n{text}"
        before, _, after = whole.partition(CURSOR)
        self._server.show(self._file, before + after)
        return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    node = shutil.which("node")
    if node is None or not SERVER.is_file():
        pytest.skip("yaml-language-server is not installed (it needs node): make .venv/.editor")
    with LanguageServer(node, SERVER) as server:
        yield Editor(server)


def _plain(markdown: str) -> str:
    """Return what Markdown shows, without its title and its source, in single spaces."""
    text = markdown.partition("\n\nSource: ")[0].partition("\n\n")[2]
    return re.sub(r"\s+", " ", text.replace("\\", "").replace("&nbsp;", " "))


def _help(schema: dict[str, Any]) -> str:
    return re.sub(r"\s+", " ", schema["description"])


def _described(defs: dict[str, Any], kind: str) -> dict[str, str]:
    return {
        name.removeprefix(f"{kind}."): one["description"]
        for name, one in defs.items()
        if name.startswith(f"{kind}.")
    }


@pytest.mark.parametrize("text", ["", "  - dedup: x\n"])
def test_an_empty_step_is_offered_the_verbs(editor: Editor, text: str) -> None:
    offered = editor.completions(f"steps:\n{text}  - {CURSOR}\n")
    assert offered == _described(SCHEMAS["recipe"]["$defs"], "verb")
    assert offered.keys() == vocabulary().verbs.keys()


def test_a_chain_is_offered_the_filters(editor: Editor) -> None:
    offered = editor.completions(f"steps:\n  - filter: x\n    by:\n      - {CURSOR}\n")
    assert offered == _described(SCHEMAS["recipe"]["$defs"], "filter")
    assert offered.keys() == vocabulary().filters.keys()


def test_write_is_offered_the_formats(editor: Editor) -> None:
    offered = editor.completions(f"output:\n  write:\n    - {CURSOR}\n")
    assert offered == _described(SCHEMAS["recipe"]["$defs"], "format")
    assert offered.keys() == vocabulary().formats.keys()


def test_every_mapping_of_a_recipe_is_looked_at() -> None:
    defs = SCHEMAS["recipe"]["$defs"]
    entries = {name for name, one in defs.items() if one.get("properties")}
    assert {place.name for name, place in PLACES if name == "recipe"} >= entries


@pytest.mark.parametrize(("schema", "place"), PLACES, ids=IDS)
def test_every_key_is_offered_with_its_help(
    editor: Editor, schema: str, place: MappingPlace
) -> None:
    offered = editor.completions(f"{place.text}{place.indent}{CURSOR}\n", schema)
    offered.pop("property", None)  # a name that the writer chooses
    expected = {key: one["description"] for key, one in place.keys.items()}
    assert offered == expected


@pytest.mark.parametrize(("schema", "place"), PLACES, ids=IDS)
def test_every_key_tells_its_help_under_the_pointer(
    editor: Editor, schema: str, place: MappingPlace
) -> None:
    silent = {
        key: told
        for key, one in place.keys.items()
        if _help(one)
        not in (
            told := editor.hover(f"{place.text}{place.indent}{key[0]}{CURSOR}{key[1:]}: \n", schema)
        )
    }
    assert silent == {}


def test_a_verb_and_a_filter_tell_what_they_do(editor: Editor) -> None:
    defs = SCHEMAS["recipe"]["$defs"]
    step = f"steps:\n  - fil{CURSOR}ter: x\n    by: [unique]\n"
    assert _help(defs["verb.filter"]) in editor.hover(step)
    entry = f"steps:\n  - filter: x\n    by: [{{fir{CURSOR}st: 2}}]\n"
    assert _help(defs["filter.first"]) in editor.hover(entry)


@pytest.mark.parametrize(("schema", "place"), PLACES, ids=IDS)
def test_every_choice_is_offered(editor: Editor, schema: str, place: MappingPlace) -> None:
    for key, one in place.keys.items():
        words = one.get("enum", one.get("examples" if "if" in one else "", []))
        offered = editor.completions(f"{place.text}{place.indent}{key}: {CURSOR}\n", schema)
        plain = {word.strip('"') for word in offered}  # `off` is offered in quotes
        assert {str(word) for word in words} <= plain, key


@pytest.mark.parametrize(
    ("text", "line", "start", "end"),
    [
        (GOOD.replace("dedup: x", "dedup: x\n    methd: exact"), 5, 5, 10),
        (GOOD.replace("dedup", "dedpu"), 4, 5, 10),
        (GOOD + "budgt: {calls: 5}\n", 6, 1, 6),
        (GOOD.replace("[raw]", "[rwa]"), 5, 18, 21),
        (GOOD.replace("[raw]", "[{messges: {}}]"), 5, 19, 26),
        (GOOD.replace("dedup: x", "filter: x\n    by: [{lenght: {}}]"), 5, 11, 17),
        (GOOD.replace("dedup: x", "filter: x\n    by: [{unique: {wrds: []}}]"), 5, 20, 24),
        (GOOD.replace("dedup: x", "filter: x\n    by: [{length: {}}]"), 5, 11, 17),
        (GOOD.replace("dedup: x", "generate: x"), 4, 5, 6),
        (GOOD.replace("dedup: x", "dedup: x\n    method: exat"), 5, 13, 17),
        (GOOD + "models: {teacher: {context: many}}\n", 6, 29, 33),
        (GOOD + "rows: -1\n", 6, 7, 9),
    ],
)
def test_what_is_wrong_is_underlined_where_it_stands(
    editor: Editor, text: str, line: int, start: int, end: int
) -> None:
    found = [(one.line, one.start, one.end) for one in editor.squiggles(text)]
    assert found == [(line, start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "params: {size: 40, warm: true}\nrows: ${params.size}\n",
        "extends: base\nrows: null\nmodels: {judge: null}\nbudget: null\n",
    ],
)
def test_parameters_and_what_is_removed_are_not_underlined(editor: Editor, text: str) -> None:
    assert editor.squiggles(GOOD + text) == []


def test_what_is_right_is_not_underlined(editor: Editor) -> None:
    recipes = [(path / "recipe.yaml").read_text("utf-8") for path in shipped_recipes().values()]
    assert [editor.squiggles(text) for text in [GOOD, *recipes]] == [[]] * (len(recipes) + 1)


def test_names_are_of_any_script_and_signs_are_none(editor: Editor) -> None:
    text = """\
recipe: a
models: {наставник: {model: local}}
axes: {thème: {values: [b]}}
steps:
  - generate: [höhe, 質問, प्रश्न]
    prompt: "{{ thème }}"
    parse: json
  - set: a–b
    to: höhe
output: {write: [{text: {text: höhe}}]}
"""
    found = [(one.line, one.start, one.end) for one in editor.squiggles(text)]
    assert found == [(9, 10, 13)]
