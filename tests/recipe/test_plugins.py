"""Words of installed packages: how they are found, and what a broken one does to whom."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sofrito.plan.vocabulary import BUILT_IN, extended
from sofrito.problems import Trouble
from sofrito.recipe.plugins import Plugin, named, origin, plugins_on
from sofrito.recipe.read import recipe_schema_for
from sofrito.recipe.schema import recipe_schema
from sofrito.recipe.schema_plugins import with_plugins, words_in

SHOUT = Plugin("verb", "shout", "plugin_classes:Shout", "loud", "1.2")
LIMIT = Plugin("filter", "limit", "plugin_classes:Limit", "loud", "1.2")
LINES = Plugin("format", "lines", "plugin_classes:Lines", "loud", "1.2")
ALL = (SHOUT, LIMIT, LINES, Plugin("backend", "bell", "plugin_classes:bell", "loud", "1.2"))
GONE = Plugin("verb", "gone", "no_such_module:Gone", "lost", "0.1")


def package(folder: Path, name: str, version: str, points: Mapping[str, str]) -> None:
    """Lay down what pip leaves of an installed package."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    text = "".join(f"[{group}]\n{lines}\n" for group, lines in points.items())
    (info / "entry_points.txt").write_text(text)


def test_packages_are_found_by_their_entry_points(tmp_path: Path) -> None:
    package(tmp_path / "a", "loud", "1.2", {"sofrito.verbs": "shout = m:Shout\nwhisper = m:W"})
    points = {"sofrito.filters": "limit = m:Limit", "console_scripts": "quiet = m:main"}
    package(tmp_path / "a", "Quiet.Words", "0.1", points)
    package(tmp_path / "a", "other", "3", {"console_scripts": "other = m:main"})
    package(tmp_path / "b", "loud", "1.1", {"sofrito.verbs": "shout = m:Old"})
    path = [str(tmp_path / "none"), str(tmp_path / "a"), str(tmp_path / "b")]
    assert plugins_on(path) == (
        Plugin("filter", "limit", "m:Limit", "Quiet.Words", "0.1"),
        Plugin("verb", "shout", "m:Shout", "loud", "1.2"),
        Plugin("verb", "whisper", "m:W", "loud", "1.2"),
    )


def test_with_no_package_the_vocabulary_is_the_built_in_one() -> None:
    assert extended(()) is BUILT_IN


def test_classes_of_packages_stand_behind_the_built_in_ones() -> None:
    found = extended(ALL)
    assert [*found.verbs] == [*BUILT_IN.verbs, "shout"]
    assert [*found.filters] == [*BUILT_IN.filters, "limit"]
    assert [*found.formats] == [*BUILT_IN.formats, "lines"]
    assert found.backends == (*BUILT_IN.backends, "bell")
    assert found.verbs["set"] is BUILT_IN.verbs["set"]
    assert "shout" in found.verbs
    assert "shuot" not in found.verbs
    assert origin(found.verbs["shout"]) == SHOUT
    assert origin(found.verbs["set"]) is None


def test_the_schema_with_packages_is_the_one_generated_of_them_all() -> None:
    found = extended(ALL)
    whole = recipe_schema(found)
    assert with_plugins(recipe_schema(BUILT_IN), found) == whole
    step: Any = {"shout": "answer", "volume": 3}
    data = {"steps": [step, {"filter": "answer", "by": ["limit"]}], "output": {"write": ["lines"]}}
    assert with_plugins(recipe_schema(BUILT_IN), found, words_in(data)) == whole


def test_packages_whose_words_are_not_used_are_not_imported() -> None:
    found = extended((*ALL, GONE))
    entries = recipe_schema_for(found, {"steps": [{"dedup": "answer"}]})["$defs"]
    assert entries["verb.gone"] == {"description": "", "type": "object", "properties": {}}
    assert "no_such_module" not in sys.modules


def test_all_that_may_be_a_word_is_looked_at() -> None:
    data = {"steps": [{"shout": "a", "by": ["limit", {"words": {"never": ["b"]}}]}], 3: None}
    found = {"steps", "shout", "a", "by", "limit", "words", "never", "b", "3"}
    assert words_in(data) == found


def told(*plugins: Plugin, kind: str = "verb", name: str = "") -> tuple[str, str]:
    found = extended(plugins)
    classes: Any = {"verb": found.verbs, "filter": found.filters, "format": found.formats}[kind]
    with pytest.raises(Trouble) as trouble:
        classes[name or plugins[0].name]
    return trouble.value.what, trouble.value.fix


def test_a_package_that_cannot_be_imported_is_named() -> None:
    what = (
        "The verb `gone` of the package lost 0.1 fails to import: ModuleNotFoundError: "
        "No module named 'no_such_module'."
    )
    fix = "Update the package, or remove it: pip uninstall lost"
    assert told(GONE) == (what, fix)
    with pytest.raises(Trouble, match="`gone` of the package lost"):
        with_plugins(recipe_schema(BUILT_IN), extended((GONE,)))


def test_a_built_in_word_is_not_replaced() -> None:
    other = Plugin("verb", "dedup", "plugin_classes:Shout", "loud", "1.2")
    what = "The verb `dedup` is built in, and there is one in loud 1.2 as well."
    assert told(other) == (what, "Remove one: pip uninstall loud")
    found = extended((other,))
    assert [*found.verbs] == [*BUILT_IN.verbs]
    assert found.verbs["set"] is BUILT_IN.verbs["set"]


def test_two_packages_with_one_word_are_both_named() -> None:
    other = Plugin("verb", "shout", "other:Shout", "yell", "2")
    what = "Two packages have a verb `shout`: loud 1.2 and yell 2."
    assert told(SHOUT, other) == (what, "Remove one: pip uninstall yell")
    backends = (
        Plugin("backend", "bell", "a:b", "a", "1"),
        Plugin("backend", "bell", "c:d", "c", "2"),
    )
    with pytest.raises(Trouble, match="Two packages have a backend `bell`: a 1 and c 2"):
        named("backend", "bell", BUILT_IN.backends, backends)


@pytest.mark.parametrize(
    ("kind", "name", "cls", "what"),
    [
        ("verb", "limit", "Limit", "is no subclass of sofrito.steps.base.Step"),
        ("verb", "cry", "Shout", "has `verb = 'shout'` where `cry` is expected"),
        ("verb", "mute", "Mute", "has no docstring, which is its help"),
        ("verb", "mumble", "Mumble", "does not describe its field `loud` by a docstring under it"),
        ("verb", "idle", "Idle", "has no method `operations`"),
        ("verb", "aimless", "Aimless", "has no field `aimless` for what it is about"),
        ("filter", "shout", "Shout", "is no subclass of sofrito.filters.base.Filter"),
        ("filter", "lax", "Lax", "has no method `judge`"),
        (
            "filter",
            "vague",
            "Vague",
            "is none of the kinds that run: RowFilter, PoolFilter, SiblingFilter, MemoryFilter, "
            "AskingFilter of sofrito.filters.base",
        ),
        ("format", "blank", "Blank", "has no method `shape`"),
        ("format", "number", "bell", "is no subclass of sofrito.formats.base.Format"),
    ],
)
def test_a_class_that_is_not_what_it_must_be_is_told_what_is_wrong(
    kind: Any, name: str, cls: str, what: str
) -> None:
    plugin = Plugin(kind, name, f"plugin_classes:{cls}", "loud", "1.2")
    expected = f"The {kind} `{name}` of the package loud 1.2 {what}."
    assert told(plugin, kind=kind)[0] == expected


@pytest.mark.parametrize(
    ("cls", "what"),
    [
        ("Nosy", "The verb `nosy` has an option `judge`, and `judge` is a verb."),
        ("Odd", "The fields of plugin_classes.Odd cannot be described: "),
        ("Twin", "Two models are called Sampling: one of Sofrito, and one in plugin_classes."),
    ],
)
def test_what_the_schema_cannot_hold_is_told(cls: str, what: str) -> None:
    plugin = Plugin("verb", cls.lower(), f"plugin_classes:{cls}", "loud", "1.2")
    with pytest.raises(Trouble) as trouble:
        with_plugins(recipe_schema(BUILT_IN), extended((plugin,)))
    assert trouble.value.what.startswith(what)
