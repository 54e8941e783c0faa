"""What two recipes would do differently, in words."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sofrito.plan.changes import Change, Kind, listed_changes, on_one_line, value_changes
from sofrito.recipe.base import Part
from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.model import Recipe
from sofrito.recipe.sources import is_file
from sofrito.recipe.verb import Verb

_WORDS_ABOUT = ("title", "description", "license", "tags", "sofrito", "extends")
"""What is about the recipe and changes nothing that is made."""


@dataclass(frozen=True)
class Sides:
    """Two recipes, and of what they read: the texts of templates and library files by name, the hashes
    of seed pools, the values of axes that are files or are made by a model.
    """

    before: Recipe
    after: Recipe
    texts: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    seeds: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    axes: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]] = ({}, {})


def changes(sides: Sides) -> list[Change]:
    """Return every difference that two recipes have: the recipe's own, then step by step."""
    return [*_of_recipe(sides), *_of_files(sides), *_of_steps(sides)]


def pools_grown_otherwise(sides: Sides, found: Sequence[Change]) -> list[str]:
    """Return the pools that other rows may join, as a step before their `grow` has changed."""
    changed = {change.where for change in found if change.where}
    pools, ahead = list[str](), False
    removed = changed & ({*sides.before.labels()} - {*sides.after.labels()})
    for label, step in zip(sides.after.labels(), sides.after.steps, strict=True):
        ahead = ahead or label in changed or bool(removed)
        if ahead and step.grows():
            pools.append(step.grows())
    return pools


def dealt_otherwise(sides: Sides) -> str:
    """Return why candidates of the same number may have other values of the axes, "" for no reason.

    Cells are dealt for the rows that are wanted: few rows have no place for every combination.
    """
    before, after = sides.before, sides.after
    if not (before.axes and after.axes):
        return ""
    if before.axes != after.axes or before.cover != after.cover:
        return "Other axes: the same candidate may be about something else, and is then asked anew."
    if before.rows != after.rows:
        return (
            "The axes are dealt for the number of rows: with another one, the same candidate may "
            "be about something else, and is then asked anew."
        )
    return ""


def _of_recipe(sides: Sides) -> Iterator[Change]:
    before, after = (plain(one) for one in (sides.before, sides.after))
    for key in dict.fromkeys([*before, *after]):
        if key not in ("steps", *_WORDS_ABOUT):
            yield from value_changes(key, before.get(key), after.get(key), "")


def _of_files(sides: Sides) -> Iterator[Change]:
    """Yield what differs in seed pools, axes and chains of filters though the recipe says the same."""
    before, after = sides.seeds
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield Change(f"seeds.{name}", "changed", "rows", "other rows", "these")
    for name in sorted(sides.axes[0].keys() & sides.axes[1].keys()):
        old, new = ([*side[name]] for side in sides.axes)
        yield from listed_changes("values", old, new, f"axes.{name}")
        made = (side.axes[name].generate for side in (sides.before, sides.after))
        prompts = [one.prompt for one in made if one]
        if len(prompts) == 2 and prompts[0] == prompts[1]:
            yield from _template(f"axes.{name}", "prompt", prompts[0], prompts[1], sides)
    chains = sides.before.chains, sides.after.chains
    for name in sorted(chains[0].keys() & chains[1].keys()):
        yield from _library(f"chains.{name}", chains[0][name], chains[1][name], sides)


def _of_steps(sides: Sides) -> Iterator[Change]:
    renamed = _renamed(sides)
    old = [renamed.get(label, label) for label in sides.before.labels()]
    new = sides.after.labels()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = {old[block.a + i] for block in matcher.get_matching_blocks() for i in range(block.size)}
    for label in old:
        if label not in new:
            yield Change(label, "removed")
    for index, label in enumerate(new):
        step = sides.after.steps[index]
        if label not in old:
            yield Change(label, "added", after=on_one_line(plain(step)))
            continue
        at = old.index(label)
        if label in renamed.values():
            yield Change(label, "renamed", "", sides.before.labels()[at], label)
        if label not in kept:
            yield Change(label, "moved", "", f"step {at + 1}", f"step {index + 1}")
        yield from _of_step(label, sides.before.steps[at], step, sides)


def _renamed(sides: Sides) -> dict[str, str]:
    """Return the new labels by the old ones of steps that differ in nothing but what they are called."""
    before, after = (
        dict(zip(one.labels(), one.steps, strict=True)) for one in (sides.before, sides.after)
    )
    gone, come = ([*a.keys() - b.keys()] for a, b in ((before, after), (after, before)))
    found: dict[str, str] = {}
    for label in sorted(gone, key=[*before].index):
        twins = [
            one
            for one in sorted(come, key=[*after].index)
            if one not in found.values() and _nameless(after[one]) == _nameless(before[label])
        ]
        found.update({label: twins[0]} if twins else {})
    return found


def _nameless(step: Verb) -> dict[str, Any]:
    return {"verb": step.verb, **{key: one for key, one in plain(step).items() if key != "name"}}


def _of_step(label: str, old: Verb, new: Verb, sides: Sides) -> Iterator[Change]:
    before, after = plain(old), plain(new)
    templates = {str(key[0]) for one in (old, new) for key in one.templates() if len(key) == 1}
    for key in dict.fromkeys([*before, *after]):
        if key == "name":
            continue  # told of the step as a whole
        if key in templates:
            yield from _template(label, key, before.get(key, ""), after.get(key, ""), sides)
        else:
            yield from value_changes(key, before.get(key), after.get(key), label)
    if old.verb != new.verb:
        yield Change(label, "changed", "verb", old.verb, new.verb)
    yield from _library(label, [old, *old.filters()], [new, *new.filters()], sides)
    yield from _includes(label, old, new, sides)


def _library(
    where: str, old: Iterable[Verb | Check], new: Iterable[Verb | Check], sides: Sides
) -> Iterator[Change]:
    """Yield the library's files that two parts call by the same name and whose text differs."""
    before, after = (
        _called(parts, texts) for parts, texts in zip((old, new), sides.texts, strict=True)
    )
    for folder, name in sorted(before.keys() & after.keys()):
        files = before[folder, name], after[folder, name]
        texts = [side[file] for side, file in zip(sides.texts, files, strict=True)]
        if texts[0] != texts[1]:
            yield Change(where, "changed", f"{folder} `{name}`", *files, _lines(*texts))


def _called(parts: Iterable[Verb | Check], texts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the names in ``texts`` of the library's files that parts call, by folder and name."""
    called = {pair for part in parts for pair in part.library_files().values()}
    found = {}
    for folder, name in called:
        files = (f"{folder}/{name}{ending}" for ending in (".j2", ".yaml"))
        places = [name, *(place for file in files for place in (f"prompts/{file}", file))]
        if file := next((place for place in places if place in texts), None):
            found[folder, name] = file
    return found


def _template(label: str, key: str, old: str, new: str, sides: Sides) -> Iterator[Change]:
    texts = [
        side.get(name.strip(), "") if is_file(name) else name
        for name, side in zip((old, new), sides.texts, strict=True)
    ]
    if texts[0] == texts[1]:
        return
    if not all(texts):
        kind: Kind = "added" if texts[1] else "removed"
        yield Change(label, kind, key, on_one_line(old), on_one_line(new))
        return
    yield Change(label, "changed", key, old, new, _lines(*texts))


def _includes(label: str, old: Verb, new: Verb, sides: Sides) -> Iterator[Change]:
    """Yield the files that a step's templates include and whose text differs."""
    before, after = sides.texts
    named = {name.strip() for one in (old, new) for name in one.templates().values()}
    named |= {*_called([old, new], after).values()}
    for name in sorted((before.keys() & _included(named, after)) - named):
        if before[name] != after[name]:
            lines = _lines(before[name], after[name])
            yield Change(label, "changed", f"included {name}", name, name, lines)


def _included(named: Iterable[str], texts: Mapping[str, str]) -> set[str]:
    """Return the files that templates mention, and those that these mention."""
    found, waiting = set[str](), [*named]
    while waiting:
        text = _text_of(waiting.pop(), texts)
        more = [name for name in texts.keys() - found if _mentions(text, name.rpartition("/")[2])]
        found.update(more)
        waiting += more
    return found


def _mentions(text: str, file: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(file)}", text) is not None


def _text_of(template: str, texts: Mapping[str, str]) -> str:
    return texts.get(template, "") if is_file(template) else template


def _lines(old: str, new: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
    return tuple(lines)[2:]


def plain(part: Part) -> dict[str, Any]:
    """Return what a part of a recipe says, as it is written: only what was set, by its keys.

    A filter and a format are a mapping from their name to their options.
    """
    names = [name for name in type(part).model_fields if name in part.model_fields_set]
    if isinstance(part, Verb):
        names.sort(key=lambda name: name != part.verb)
    fields = type(part).model_fields
    return {fields[name].alias or name: _plain(getattr(part, name)) for name in names}


def _plain(value: Any) -> Any:
    match value:
        case Check():
            return {value.filter: plain(value)}
        case Writer():
            return {value.format: plain(value)}
        case Part():
            return plain(value)
        case BaseModel():
            return value.model_dump(mode="json", by_alias=True)
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return value
