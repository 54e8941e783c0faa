"""Whatever stands in a recipe's file, it is read, or its problems are told: never a traceback."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sofrito.cli.problems import rendered, source_line
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import Problem, RecipeError, Trouble
from sofrito.problems.codes import CODES
from sofrito.recipe.document import load_document
from sofrito.recipe.read import read_recipe
from sofrito.recipe.schema import recipe_schema
from sofrito.shipped import shipped_recipes

LANGUAGE = Path(__file__).parents[3] / "shared" / "language"
RECIPES = [folder / "recipe.yaml" for folder in shipped_recipes().values()]
SOURCES = [*RECIPES, *sorted(LANGUAGE.glob("*.yaml"))]
TEXTS = [path.read_text("utf-8") for path in SOURCES]
DATA = [load_document(path).data for path in SOURCES]
SCHEMA = recipe_schema(vocabulary())
KEYS = sorted(
    {key for one in [SCHEMA, *SCHEMA["$defs"].values()] for key in one.get("properties", {})}
)
NAMES = sorted({*vocabulary().verbs, *vocabulary().filters, *vocabulary().formats})

WORDS = (
    "{{ }} {% %} {# #} - | . ( ) [ ] ' \" ~ , : for in endfor if else endif set macro endmacro call "
    "include import from extends block raw endraw with do not is and instruction shots loop params "
    "self x y range 1 0.5 none length join attr format map replace é \n \0 \u202e"
)
TOKENS = st.sampled_from(WORDS.split(" "))
TEMPLATES = st.lists(TOKENS, max_size=25).map(" ".join) | st.lists(TOKENS, max_size=12).map("".join)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [*NAMES, *KEYS, "local", "passed", "a.j2", "../x", "/etc/passwd", "5k", "${A}"]
    )
    | TEMPLATES
)
KEY = st.sampled_from(KEYS) | st.sampled_from(NAMES) | st.text(max_size=6)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=20,
)
PARTS = {key: VALUES for key in SCHEMA["properties"] if key != "recipe"}


class Bench:
    """A folder with the files of the shipped recipes, in which recipes are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "recipe.yaml"
        for path in RECIPES:
            shutil.copytree(path.parent, folder, dirs_exist_ok=True)

    def read(self, content: str | bytes, sets: Mapping[str, str] | None = None) -> None:
        """Read a recipe; only its problems may be raised, each with a code, a place and words."""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        self.file.write_bytes(raw)
        for one in self._problems(sets):
            assert one.code in CODES
            assert one.what
            assert one.fix
            assert min(one.where.line, one.where.column, one.where.length) >= 1
            assert one.code in rendered(one, source_line(one))

    def _problems(self, sets: Mapping[str, str] | None) -> Sequence[Problem]:
        try:
            return read_recipe(self.file, vocabulary(), sets=sets, environ={}).warnings
        except Trouble:
            return ()
        except RecipeError as error:
            return error.problems


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("recipes"))


def many(examples: int) -> Callable[[Any], Any]:
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


def paths(data: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value below the top."""
    pairs = enumerate(data) if isinstance(data, list) else ()
    found: list[tuple[str | int, ...]] = []
    for key, inner in data.items() if isinstance(data, dict) else pairs:
        found += [(*here, key), *paths(inner, (*here, key))]
    return found


def edited(data: Any, path: tuple[str | int, ...], edit: str, key: str, value: Any) -> Any:
    """Return data in which the value at a path is gone, doubled, renamed, wrapped or another."""
    head, *rest = path
    copy = dict(data) if isinstance(data, dict) else list(data)
    if rest:
        copy[head] = edited(copy[head], tuple(rest), edit, key, value)
        return copy
    old = copy[head]
    if edit == "delete":
        del copy[head]
    elif edit == "rename" and isinstance(copy, dict):
        return {key if one == head else one: inner for one, inner in copy.items()}
    elif edit == "double":
        copy.update({key: old}) if isinstance(copy, dict) else copy.insert(int(head), old)
    else:
        copy[head] = {"wrap": [old], "name": {key: old}, "text": str(old)}.get(edit, value)
    return copy


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """Draw a recipe with a few edits of its data."""
    data = draw(st.sampled_from(DATA))
    for _ in range(draw(st.integers(1, 3))):
        if not (places := paths(data)):
            break
        edit = draw(
            st.sampled_from(["delete", "rename", "double", "wrap", "name", "text", "value"])
        )
        data = edited(data, draw(st.sampled_from(places)), edit, draw(KEY), draw(VALUES))
    return json.dumps(data)


@st.composite
def splices(draw: st.DrawFn) -> str:
    """Draw the text of a recipe with pieces cut out, and pieces of others and of nothing put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
        other = draw(st.sampled_from(TEXTS))
        begin = draw(st.integers(0, len(other)))
        piece = draw(st.just(other[begin : begin + length]) | st.text(max_size=5) | TEMPLATES)
        text = text[:start] + piece + text[start + draw(st.integers(0, 20)) :]
    return text


@given(st.binary(max_size=300))
@many(100)
def test_bytes(bench: Bench, content: bytes) -> None:
    bench.read(content)


@given(
    st.text(
        st.characters(codec="utf-8") | st.sampled_from(":-{}[]&*!|>'\"%@`#?, \n\t"), max_size=200
    )
)
@many(150)
def test_text(bench: Bench, content: str) -> None:
    bench.read(content)


@given(st.fixed_dictionaries({"recipe": st.just("a")}, optional=PARTS) | VALUES)
@many(150)
def test_data_of_known_keys(bench: Bench, data: Any) -> None:
    bench.read(json.dumps(data))


@given(mutants())
@many(150)
@example(
    '{"recipe": "a", "steps": [{"set": "x", "to": "1"}], "output": {"oops": 1, "write": ["oops"]}}'
)
@example(
    '{"recipe": "a", "steps": [{"filter": null, "by": ["oops"]}], "output": {"write": ["raw"]}}'
)
def test_recipes_with_edits(bench: Bench, content: str) -> None:
    bench.read(content)


@given(splices())
@many(150)
def test_recipes_with_splices(bench: Bench, content: str) -> None:
    bench.read(content)


@given(TEMPLATES, TEMPLATES, TEMPLATES)
@many(150)
@example("{{ x.y['z']() }}", "{% for x in y %}", "a is b and")
def test_templates_and_expressions(bench: Bench, prompt: str, system: str, keep: str) -> None:
    step = {"generate": "x", "prompt": prompt, "system": system, "keep": keep, "when": keep}
    write = [{"text": {"text": "x", "where": keep}}]
    recipe = {"recipe": "a", "rows": 1, "steps": [step], "output": {"write": write}}
    bench.read(json.dumps(recipe))


@given(st.dictionaries(st.lists(KEY, max_size=3).map(".".join), TEMPLATES | st.text(), max_size=3))
@many(60)
def test_overrides(bench: Bench, sets: dict[str, str]) -> None:
    bench.read(TEXTS[0], sets)
