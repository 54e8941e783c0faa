"""Recipes that differ from sound ones in one place, as an author's mistakes make them."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]

OTHERS: list[Any] = [None, True, 0, -1, 2.5, "", "x", "answer", [], {}, ["x"], {"x": 1}, [1, 5]]
CONDITIONS = ("when", "keep", "where", "to", "by", "exclude", "least")
OBJECTS = ("generate", "set", "explode", "into", "as", "collect", "given", "chunk", "evolve")
FILTERS = (
    "length",
    "int",
    "first",
    "round",
    "tojson",
    "sort",
    "items",
    "sum",
    "abs",
    "trim",
    "join",
)
SIGNS = (" == ", " > ", " ~ ", " + ", " - ", " / ", " and ", " or ", " in ", " < ")

_WORD = re.compile(r"[A-Za-z_]\w+")
_SIGN = re.compile(r"==|!=|>=|<=|[<>~+*/|-]| and | or | in ")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True)
class Mutant:
    """What was done, the recipe's data, and the texts of those files that differ."""

    what: str
    data: Any
    files: Mapping[str, str]


def mutant(rng: random.Random, data: Any, files: Mapping[str, str]) -> Mutant:
    """Return a recipe with one mistake; ``files`` are its templates and library files by name."""
    for _ in range(100):
        copy = json.loads(json.dumps(data))
        if rng.random() < 0.2 and files:
            name = rng.choice(sorted(files))
            changed = _template(rng, files[name], _names(data))
            if changed != files[name]:
                return Mutant(f"in {name}", copy, {name: changed})
            continue
        what = rng.choice(MISTAKES)(rng, copy)
        if what and copy != data:
            return Mutant(what, copy, {})
    raise AssertionError("there is nothing to change")


def _places(data: Any, here: Place = ()) -> Iterator[Place]:
    pairs = enumerate(data) if isinstance(data, list) else ()
    for key, inner in data.items() if isinstance(data, dict) else pairs:
        yield (*here, key)
        yield from _places(inner, (*here, key))


def _at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def _put(data: Any, place: Place, value: Any) -> str:
    old = _at(data, place)
    _at(data, place[:-1])[place[-1]] = json.loads(json.dumps(value))
    return f"{place}: {old!r} becomes {value!r}"


def _any(rng: random.Random, data: Any, which: Callable[[Place, Any], bool]) -> Place:
    """Return a place whose key and value will do, () if there is none; titles and words do not count."""
    beside = ("title", "license", "tags", "recipe", "doc")
    places = [
        place
        for place in _places(data)
        if not {place[0], place[-1]} & {*beside} and which(place, _at(data, place))
    ]
    return rng.choice(places) if places else ()


def _names(data: Any) -> list[str]:
    """Return the columns and records of a recipe, as far as its steps name them."""
    found = {"verdict", "check", "shots", *data.get("axes", {})}
    for place in _places(data.get("steps", [])):
        value = _at(data["steps"], place)
        if {*place} & {*OBJECTS} and isinstance(value, str) and _WORD.fullmatch(value):
            found.add(value)
    return sorted(found)


def _drop(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda *_: True)
    del _at(data, place[:-1])[place[-1]]
    return f"without {place}"


def _double(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda *_: True)
    parent, value = _at(data, place[:-1]), _at(data, place)
    if isinstance(parent, list):
        parent.insert(int(place[-1]), json.loads(json.dumps(value)))
        return f"{place} twice"
    key = rng.choice(_names(data))
    parent[key] = json.loads(json.dumps(value))
    return f"{place} as {key} too"


def _rename(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda place, _: isinstance(place[-1], str))
    parent, old = _at(data, place[:-1]), str(place[-1])
    new = rng.choice([f"{old}s", old[1:] or "z", rng.choice(_names(data))])
    items = [(new if key == old else key, value) for key, value in parent.items()]
    parent.clear()
    parent.update(items)
    return f"{place} is called {new}"


def _other_type(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda *_: True)
    old = _at(data, place)
    return _put(data, place, rng.choice([*OTHERS, [old], {"x": old}]))


def _other_value(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda *_: True)
    old = _at(data, place)
    values = [_at(data, one) for one in _places(data)]
    alike = [one for one in values if type(one) is type(old)]
    return _put(data, place, rng.choice(alike if rng.random() < 0.75 else values))


def _column(rng: random.Random, data: Any) -> str:
    names = _names(data)
    place = _any(rng, data, lambda _, value: isinstance(value, str) and value in names)
    return _put(data, place, rng.choice([f"{_at(data, place)}s", *names])) if place else ""


def _step(rng: random.Random, data: Any) -> str:
    steps = data.get("steps")
    if not isinstance(steps, list):
        return ""
    one, other = rng.randrange(len(steps)), rng.randrange(len(steps))
    match rng.choice(("without", "twice", "swapped", "moved")):
        case "without":
            del steps[one]
            return f"without step {one}"
        case "twice":
            steps.insert(other, json.loads(json.dumps(steps[one])))
            return f"step {one} again, as {other}"
        case "swapped":
            steps[one], steps[other] = steps[other], steps[one]
            return f"steps {one} and {other} swapped"
    steps.insert(other, steps.pop(one))
    return f"step {one} moved to {other}"


def _expression(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda place, value: isinstance(value, str) and place[-1] in CONDITIONS)
    return _put(data, place, _code(rng, _at(data, place), _names(data))) if place else ""


def _inline(rng: random.Random, data: Any) -> str:
    place = _any(rng, data, lambda _, value: isinstance(value, str) and "{{" in value)
    return _put(data, place, _template(rng, _at(data, place), _names(data))) if place else ""


MISTAKES: tuple[Callable[[random.Random, Any], str], ...] = (
    *(_drop, _double, _rename, _other_type, _other_value, _other_value, _column, _column),
    *(_step, _step, _expression, _expression, _expression, _inline),
)


def _template(rng: random.Random, text: str, names: list[str]) -> str:
    found = list(_CODE.finditer(text))
    if not found:
        return text
    one = rng.choice(found)
    return text[: one.start()] + _code(rng, one.group(), names) + text[one.end() :]


def _code(rng: random.Random, text: str, names: list[str]) -> str:
    """Return an expression in which a name, a field, a filter or a sign is another."""
    words, signs = list(_WORD.finditer(text)), list(_SIGN.finditer(text))
    if signs and (not words or rng.random() < 0.15):
        one, new = rng.choice(signs), rng.choice(SIGNS)
    elif words:
        one = rng.choice(words)
        word, name = one.group(), rng.choice(names)
        others = (f"{word}[0]", f"{word}['x']", f"{word}()", "3", "'x'", "[]", "none", "")
        filtered = f"{word} | {rng.choice(FILTERS)}"
        new = rng.choice([name, name, f"{word}.{name}", filtered, *others])
    else:
        return f"{text} + 1"
    return text[: one.start()] + new + text[one.end() :]
