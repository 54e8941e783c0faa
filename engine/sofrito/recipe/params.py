"""The parameters of a recipe: their types, their values, and where YAML takes them up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.merge import Piece, merged, of_mapping
from sofrito.recipe.overrides import KEYS, replaced
from sofrito.recipe.places import Found, Places, Problems
from sofrito.recipe.value_places import span_inside
from sofrito.recipe.values import LARGEST, weight
from sofrito.recipe.words import described, quoted, sentence, ticked
from sofrito.recipe.yaml_scalars import scalar

KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "list": "a list",
}
"""The types that a parameter may have, and what a value of each is."""

REFERENCE = re.compile(r"(\$?)\$\{\s*params\b\s*\.?\s*([^{}]*?)\s*\}")
_COUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kM])")
_UNIT = {"k": 1_000, "M": 1_000_000}
_APART = ("params", "recipe", "extends")


def with_types(piece: Piece) -> Piece:
    """Return a recipe's parameters in full: a bare value is a default, and gives the type."""
    if not isinstance(piece.data, dict):
        return piece
    return of_mapping({k: _in_full(p) for k, p in piece.items().items()}, piece.origins[()])


def _in_full(piece: Piece) -> Piece:
    if piece.data is None:
        return piece
    at = piece.origins[()]
    parts = piece.items() if isinstance(piece.data, dict) else {"default": piece}
    default = parts.get("default")
    if "type" in parts or default is None or isinstance(default.data, dict | None):
        return piece
    return of_mapping({"type": Piece(_kind(default.data), {(): at}), **parts}, at)


def merged_params(base: Piece, own: Piece) -> Piece:
    """Return the base's parameters with one's own: a bare value is another default."""
    if not (isinstance(base.data, dict) and isinstance(own.data, dict)):
        return own
    theirs, ours = base.items(), own.items()
    for name, piece in ours.items():
        bare = piece.data is not None and not isinstance(piece.data, dict)
        if bare and isinstance(base.data.get(name), dict):
            ours[name] = of_mapping({"default": piece}, piece.origins[()])
    both = merged(of_mapping(theirs, base.origins[()]), of_mapping(ours, own.origins[()]))
    return with_types(both)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "list"
        case str() if _COUNT.fullmatch(value):
            return "integer"
    return "string"


@dataclass
class Params:
    """The parameters of a recipe: those that are declared, and their values where these can be used.

    ``places`` has the values in the place of each `${params.NAME}`; ``unknown`` are the paths where
    that could not be done.
    """

    places: Places
    names: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    unknown: list[Key] = field(default_factory=list)

    def hides(self, found: Found) -> bool:
        """Say whether a problem is only said because a parameter's value is not known."""
        return any(found.path[: len(path)] == path for path in self.unknown)


def resolved(places: Places) -> Params:
    """Return a recipe's parameters with their values, put in wherever YAML refers to them.

    What is wrong with them is in ``found``.
    """
    problems = Problems(places)
    declared = places.at(("params",))
    names = tuple(declared) if isinstance(declared, dict) else ()
    values: dict[str, Any] = {}
    for name in names:
        _learn(problems, name, values)
    data = places.data
    for name, value in values.items():
        data = replaced(data, ("params", name, "default"), value)
    taking = _Taking(places, names, values, problems)
    if _refers(places):
        data = taking.visit(data, ())
    settled = Places(
        places.document,
        data,
        places.origins,
        bases=places.bases,
        values=taking.values,
        inserted=frozenset(taking.inserted),
        params=frozenset(taking.used),
        removed=places.removed,
    )
    return Params(settled, names, values, problems.found, taking.unknown)


def _refers(places: Places) -> bool:
    """Say whether anything refers to a parameter: looking at every value takes long."""
    given = (one.document for one in places.origins.values() if one.at)
    return any(REFERENCE.search(one.text) for one in (*places.documents(), *given))


def refers_to(places: Places, name: str) -> bool:
    """Say whether the text of a recipe refers to a parameter, be it where another value is given."""
    found = (one for document in places.documents() for one in REFERENCE.finditer(document.text))
    return any(one[2] == name and not one[1] for one in found)


def _learn(problems: Problems, name: str, values: dict[str, Any]) -> None:
    """Find the value of a parameter, or note why it has none."""
    places, path = problems.places, ("params", name)
    declared = places.at(path)
    if not isinstance(declared, dict):
        return  # the schema says what is wrong with it
    default = declared.get("default")
    if default is None:
        what = f"The parameter `{name}` has no value."
        key = f"params.{name}" if name in KEYS else name
        said = declared.get("doc")
        what += f" {said}" if isinstance(said, str) and said else ""
        problems.add("SOF233", path, what, f"Give it one: --set {key}=…", at_key=True)
        return
    kind = declared.get("type") or _kind(default)
    if not isinstance(kind, str) or kind not in KINDS:
        return  # the schema says what is wrong with it
    at = (*path, "default")
    if other := _other(default):
        what = f"The value of the parameter `{name}` refers to a parameter: `{other}`."
        fix = f"Write its value out, or put `{other}` beside it where the value is used."
        problems.add("SOF104", at, what, fix)
        return
    value = _typed(kind, default, places.source(at) if _is_scalar(default) else "")
    choices = declared.get("choices")
    allowed = [
        _typed(kind, one, places.source((*path, "choices", index)) if _is_scalar(one) else "")
        for index, one in enumerate(choices if isinstance(choices, list) else ())
    ]
    if value is None:
        what = f"The parameter `{name}` must be {KINDS[kind]}, not {described(default)}."
        mend = scalar(default)[1] if isinstance(default, str) and default else ""
        fix = f"{sentence(mend)}." if mend else f"Give it {KINDS[kind]}, or change its `type`."
        problems.add("SOF103", at, what, fix)
    elif allowed and value not in allowed:
        words = [str(one) for one in allowed]
        shown = quoted(value) if isinstance(value, str) else described(value)
        fix = did_you_mean(str(value), words, otherwise=f"One of: {ticked(words)}.")
        problems.add("SOF104", at, f"The parameter `{name}` cannot be {shown}.", fix)
    else:
        values[name] = value


def _other(default: Any) -> str:
    """Return the reference to a parameter that a parameter's own value holds, "" for none."""
    texts = default if isinstance(default, list) else [default]
    found = (one for text in texts if isinstance(text, str) for one in REFERENCE.finditer(text))
    return next((one[0] for one in found if not one[1]), "")


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _typed(kind: str, value: Any, source: str) -> Any:
    """Return a value as one of a type, None where it is none; a text is taken as written."""
    match kind, value:
        case "string", str():
            return value
        case "string", bool() | int() | float():
            return source
        case "boolean", bool():
            return value
        case (("integer" | "number"), bool()):
            return None
        case "integer", int():
            return value
        case "integer", float() if value.is_integer():
            return int(value)
        case (("integer" | "number"), str()) if count := _COUNT.fullmatch(value):
            return round(float(count[1]) * _UNIT[count[2]])
        case "number", int() | float():
            return value
        case "list", list() if all(map(_is_scalar, value)):
            return value
    return None


class _Taking:
    """Puts parameters' values in the place of what refers to them."""

    def __init__(
        self, places: Places, names: tuple[str, ...], known: Mapping[str, Any], problems: Problems
    ) -> None:
        self._places, self._names, self._known, self._problems = places, names, known, problems
        self.values: dict[Key, Key] = {}
        self.inserted: set[Key] = set()
        self.unknown: list[Key] = []
        self.used: set[str] = set()
        self._left = LARGEST

    def visit(self, value: Any, path: Key) -> Any:
        """Return a value with all in it replaced; itself where there is nothing to replace."""
        if isinstance(value, str):
            return self._text(value, path) if "params" in value else value
        if isinstance(value, dict):
            apart = _APART if not path else ()
            made = {k: v if k in apart else self.visit(v, (*path, k)) for k, v in value.items()}
            return made if any(made[key] is not value[key] for key in value) else value
        if isinstance(value, list):
            items = [self.visit(one, (*path, index)) for index, one in enumerate(value)]
            same = all(new is old for new, old in zip(items, value, strict=True))
            return value if same else items
        return value

    def _text(self, text: str, path: Key) -> Any:
        found = list(REFERENCE.finditer(text))
        if not found:
            return text
        taken = [one for one in found if not one[1]]
        whole = bool(taken) and taken[0].span() == (0, len(text))
        self.used.update(one[2] for one in taken)
        unknown = [one for one in taken if not self._can_stand(one, path, whole=whole)]
        if unknown:
            self.unknown.append(path)
            return text
        if self._left < 0 or not self._bearable(taken, path):
            return text
        if whole:
            self.values[path] = ("params", taken[0][2], "default")
            return self._known[taken[0][2]]
        self.inserted.add(path)
        return REFERENCE.sub(self._inserted, text)

    def _bearable(self, taken: list[re.Match[str]], path: Key) -> bool:
        """Say whether all that was put in is not too much yet; where it gets so, note it."""
        self._left -= sum(weight(self._known[one[2]]) for one in taken)
        if self._left < 0:
            what = (
                f"With the values of parameters put in, it holds more than {LARGEST:,} characters."
            )
            fix = (
                "Write `{{ params.NAME }}` in the templates: it is put in where they are rendered."
            )
            self._problems.add("SOF007", path, what, fix)
        return self._left >= 0

    def _inserted(self, reference: re.Match[str]) -> str:
        if reference[1]:
            return reference[0][1:]
        value = self._known[reference[2]]
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _can_stand(self, reference: re.Match[str], path: Key, *, whole: bool) -> bool:
        """Say whether a parameter can be put where it is referred to; where not, note it."""
        name, start = reference[2], reference.start()
        if name in self._known and (whole or not isinstance(self._known[name], list)):
            return True
        where = span_inside(self._places, path, reference.string, start, len(reference[0]))
        if name in self._known:
            what = f"The parameter `{name}` is a list, which cannot stand within a text."
            fix = f"In a template: {{{{ params.{name} | join(', ') }}}}; in an expression: params.{name}."
            self._problems.add("SOF103", path, what, fix, where=where)
            return False
        if name in self._names:
            if missing := self._missing(name):
                self._problems.found.append(Found(path, missing))
            return False
        shown = quoted(name) if not name.isidentifier() else f"`{name}`"
        fix = did_you_mean(name, self._names, otherwise=declared_words(self._names, name))
        fix += " The text itself is written `$${…}`." if not self._names else ""
        what = f"There is no parameter {shown}."
        self._problems.add("SOF232", path, what, fix, where=where)
        return False

    def _missing(self, name: str) -> Any:
        """Return the problem of a parameter, to put aside what refers to it."""
        own = (one for one in self._problems.found if one.path[:2] == ("params", name))
        return next((one.problem for one in own), None)


def declared_words(names: tuple[str, ...], name: str) -> str:
    """Return which parameters there are; if none, how to declare the one of a name."""
    if names:
        return f"There are {ticked(names)}."
    return f"Declare it: `params: {{{name if name.isidentifier() else 'NAME'}: DEFAULT}}`."
