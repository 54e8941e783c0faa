"""Values given on the command line instead of in the recipe: `--set models.teacher.model=local`."""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Problem, RecipeError, Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.merge_steps import labels
from sofrito.recipe.model import Recipe
from sofrito.recipe.places import Origin, Places, with_origin
from sofrito.recipe.quoted import quoted
from sofrito.recipe.words import described, ticked

COMMAND_LINE = Path("--set")
"""The file of a span that points at an override: its line is the override's number, from 1."""

KEYS = frozenset(field.alias or name for name, field in Recipe.model_fields.items())
"""The keys of a recipe: a parameter of such a name is set by `params.NAME`."""

_STRUCTURE = re.compile(r"\s*(?:\[|\{(?![{%#])|[-?] |[&!|>])")
"""How a value begins that is meant as a list, a mapping, or another of YAML's own forms."""

_SHOWN = 100


def overridden(
    places: Places, sets: Mapping[str, str], verbs: Collection[str]
) -> tuple[Places, list[Problem]]:
    """Return a recipe's data with overrides in place, and what is wrong with these.

    A path is dotted, with the number of a list's item from 0: `steps.0.sampling.temperature`; a step
    may be named as in reports: `steps.generate answer.n`. Or it is the name of a parameter. A value
    is read as YAML; that of a parameter which is a text is taken as it is. Mappings on the way that do
    not exist are made. Null removes a key.
    """
    data, origins, problems = places.data, places.origins, []
    for number, (dotted, text) in enumerate(sets.items(), start=1):
        path_span = Span(COMMAND_LINE, number, 1, max(1, len(dotted)))
        value_span = Span(COMMAND_LINE, number, len(dotted) + 2, max(1, len(text)))
        try:
            path = _path(dotted, data, verbs)
            document = _value(dotted, text, as_text=_is_text(path, data))
            path = _of_parameter(path, data, document.data)
            _named(path, data, document.data)
            if document.data is None and _removable(path, data):
                data = without(data, path)
                origins = {key: one for key, one in origins.items() if key[: len(path)] != path}
                continue
            for length in _made(path, data):
                origins = with_origin(origins, path[:length], Origin(document, at=path_span))
            data = replaced(data, path, document.data)
            origins = with_origin(origins, path, Origin(document, at=value_span))
        except RecipeError as error:
            problems += [Problem(p.code, value_span, p.what, p.fix) for p in error.problems]
        except _Wrong as wrong:
            problems.append(Problem(wrong.code, path_span, str(wrong), wrong.fix))
    made = Places(places.document, data, origins, bases=places.bases, removed=places.removed)
    return made, problems


class _Wrong(Exception):
    def __init__(self, what: str, fix: str, code: str = "SOF101") -> None:
        self.fix, self.code = fix, code
        super().__init__(what)


def _value(dotted: str, text: str, *, as_text: bool) -> Document:
    """Read a value; as a text, unless it is one in quotes, it is what was typed."""
    try:
        text.encode()
        document = parse_document(COMMAND_LINE, text, mapping=False)
    except UnicodeEncodeError:
        what, fix = "The value is not UTF-8 text.", "Let the terminal or script write UTF-8."
        raise RecipeError([Problem("SOF005", Span(COMMAND_LINE), what, fix)]) from None
    except RecipeError as error:
        if not as_text:
            raise RecipeError(_as_prose(dotted, text, error.problems)) from None
    else:
        if not as_text or isinstance(document.data, str):
            return document
    return parse_document(COMMAND_LINE, orjson.dumps(text).decode(), mapping=False)


def _as_prose(dotted: str, text: str, problems: Sequence[Problem]) -> list[Problem]:
    """Return what is wrong with a value; where it begins as a text does, what to do about all of it."""
    if _STRUCTURE.match(text) or "\n" in text or problems[0].code != "SOF002":
        return [*problems]
    fix = "Put the whole value in double quotes, within those of the shell"
    fix += "." if len(text) > _SHOWN else f": --set {shlex.quote(f'{dotted}={quoted(text)}')}"
    what = "YAML cannot read this value as it stands."
    return [Problem("SOF002", Span(COMMAND_LINE), what, fix)]


def _path(dotted: str, data: Any, verbs: Collection[str]) -> Key:
    path: list[str | int] = []
    words = _words(dotted, data, verbs)
    parameters = _parameters(data)
    if dotted in parameters and dotted not in KEYS:
        words = ["params", dotted]
    elif len(words) == 1 and dotted not in KEYS and parameters:
        near = did_you_mean(dotted, [*KEYS, *parameters])
        if not near or near.split("`")[1] in parameters:
            has = f"Its parameters are {ticked(parameters)}."
            what = f"The recipe has no key and no parameter `{dotted}`."
            raise _Wrong(what, near or has, "SOF232")
    if words[0] == "params" and len(words) > 1 and words[1] and words[1] not in parameters:
        fix = f"It has {ticked(parameters)}." if parameters else "It declares none under `params`."
        near = did_you_mean(words[1], parameters)
        raise _Wrong(f"The recipe has no parameter `{words[1]}`.", near or fix, "SOF232")
    for word in words:
        part: str | int = word
        if not word:
            what = f"`{dotted}` is not a path into the recipe."
            raise _Wrong(what, "Such as `models.teacher.path`.")
        if isinstance(data, list):
            names = labels(data, verbs) if path == ["steps"] else []
            part = _index(word, data, dotted, names)
        elif data is not None and not isinstance(data, dict):
            where = ".".join(map(str, path))
            fix = f"Give `{where}` itself another value: --set {where}=…"
            raise _Wrong(f"`{where}` is {described(data)}: there is no `{part}` in it.", fix)
        path.append(part)
        data = data[part] if part in _keys(data) else None
    return tuple(path)


def _words(dotted: str, data: Any, verbs: Collection[str]) -> list[str]:
    """Return the parts of a path, the number of a step in the place of its name."""
    first, _, rest = dotted.partition(".")
    steps = data.get("steps") if isinstance(data, dict) else None
    if first == "steps" and isinstance(steps, list):
        named = [(label, at) for at, label in enumerate(labels(steps, verbs)) if label]
        for label, at in sorted(named, key=lambda one: -len(one[0])):
            if rest == label or rest.startswith(f"{label}."):
                inside = rest[len(label) + 1 :]
                return [first, str(at), *(inside.split(".") if rest != label else ())]
    return dotted.split(".")


def _parameters(data: Any) -> Mapping[str, Any]:
    declared = data.get("params") if isinstance(data, dict) else None
    return declared if isinstance(declared, dict) else {}


def _is_text(path: Key, data: Any) -> bool:
    """Say whether a path is that of a parameter which is a text."""
    match path:
        case ("params", str(name)) | ("params", str(name), "default"):
            declared = _parameters(data).get(name)
            return isinstance(declared, dict) and declared.get("type", "string") == "string"
    return False


def _of_parameter(path: Key, data: Any, value: Any) -> Key:
    """Return where a parameter's value goes: beside its type, unless it is declared anew."""
    match path:
        case ("params", str(name)) if not isinstance(value, dict):
            beside = isinstance(_parameters(data).get(name), dict)
            return (*path, "default") if beside else path
    return path


def _named(path: Key, data: Any, value: Any) -> None:
    """Refuse a value that can only be meant for one of a recipe's models or pools, and names none."""
    if value is None or isinstance(value, dict | list):
        return
    match path:
        case (("models" | "seeds" | "axes") as kind, str(name)):
            there = data.get(kind) if isinstance(data, dict) else None
            if isinstance(there, dict) and there and name not in there:
                what = f"The recipe has no `{name}` under `{kind}`."
                fix = did_you_mean(name, there, otherwise=f"It has {ticked(there)}.")
                raise _Wrong(what, fix)


def _made(path: Key, data: Any) -> range:
    """Return the lengths of those parts of a path that are mappings to be made on the way."""
    for length, part in enumerate(path[:-1]):
        if part not in _keys(data):
            return range(length + 1, len(path))
        data = data[part]
    return range(0)


def _keys(data: Any) -> Collection[str | int]:
    return range(len(data)) if isinstance(data, list) else data or ()


def _index(part: str, items: list[Any], dotted: str, names: list[str]) -> int:
    number = part.isascii() and part.isdigit()
    if any(names) and not number:
        known = [name for name in names if name]
        fix = did_you_mean(part, known, otherwise=f"There are {ticked(known)}.")
        raise _Wrong(f"There is no step `{part}`.", fix)
    if not number or int(part) >= len(items):
        fix = (
            f"The list's items are numbered from 0 to {len(items) - 1}."
            if items
            else "It is empty."
        )
        raise _Wrong(f"`{part}` in `{dotted}` is not the number of an item.", fix)
    return int(part)


def replaced(data: Any, path: Key, value: Any) -> Any:
    """Return data with one value replaced, sharing what is not on the way."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        assert isinstance(first, int)
        return [*data[:first], replaced(data[first], rest, value), *data[first + 1 :]]
    inner = data or {}
    return {**inner, first: replaced(inner.get(first), rest, value)}


def _removable(path: Key, data: Any) -> bool:
    """Say whether a path is that of a key there is, and no field of a seed's row, which may be null."""
    if path[:1] == ("seeds",) and "rows" in path[2:-1]:
        return False
    for part in path[:-1]:
        if part not in _keys(data):
            return False
        data = data[part]
    return isinstance(data, dict) and path[-1] in data


def without(data: Any, path: Key) -> Any:
    """Return data without a key of a mapping in it, sharing what is not on the way."""
    first, rest = path[0], path[1:]
    if rest:
        return replaced(data, path[:1], without(data[first], rest))
    return {key: one for key, one in data.items() if key != first}
