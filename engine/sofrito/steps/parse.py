"""Turns a teacher's answer into column values."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal

import orjson

from sofrito.steps.shape import Type, list_schema, object_schema

Kind = Literal["text", "boolean", "choice", "numbered_list", "json", "json_list", "tags"]
Truncated = Literal["reject", "drop_last", "keep"]
Item = dict[str, Any]

_NUMBERED = re.compile(r"^[ \t]*\d{1,4}[.):][ \t]+", re.MULTILINE)
_FENCE = re.compile(r"^\s*```[a-z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
_YES = {"yes": True, "true": True, "no": False, "false": False}


class Unparsed(Exception):
    """An answer does not have the shape asked for; ``why`` is in words."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Parser:
    """Reads answers of one kind into items: a mapping of column values for each row to be."""

    def __init__(
        self,
        kind: Kind,
        columns: tuple[str, ...],
        *,
        types: Mapping[str, Type] | None = None,
        choices: tuple[str, ...] = (),
        items: tuple[int, int] | None = None,
    ) -> None:
        self.kind, self.columns, self.choices = kind, columns, choices
        self._types, self._items = types or {}, items

    @property
    def many(self) -> bool:
        """Whether one answer makes several rows."""
        return self.kind in ("numbered_list", "json_list")

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema that the teacher is held to, for the kinds that are JSON."""
        if self.kind == "json":
            return object_schema(self.columns, self._types)
        return list_schema(self.columns, self._types, self._items) if self.kind == "json_list" else None

    def parse(self, text: str, *, cut: bool = False, drop_last: bool = False) -> list[Item]:
        """Return the items of an answer; raises :class:`Unparsed`.

        ``cut`` says that the answer was cut by its length; with ``drop_last`` the item in which
        that happened is left out.
        """
        match self.kind:
            case "text":
                return [self._only(text.strip())]
            case "boolean":
                return [self._only(_boolean(text))]
            case "choice":
                return [self._only(_choice(text, self.choices))]
            case "numbered_list":
                items = _numbered(text)
                return [self._only(item) for item in (items[:-1] if cut and drop_last else items)]
            case "tags":
                return [_tags(text, self.columns)]
            case "json":
                return [self._checked(_json(text), self.schema)]
            case "json_list":
                return self._list(text, salvage=cut and drop_last)

    def _only(self, value: Any) -> Item:
        return {self.columns[0]: value}

    def _list(self, text: str, *, salvage: bool) -> list[Item]:
        items = _salvaged(text) if salvage else _items(_json(text))
        schema = (self.schema or {})["properties"]["items"]["items"]
        checked = [self._checked(item, schema) for item in items]
        return checked if len(self.columns) > 1 else [self._only(item) for item in checked]

    def _checked(self, value: Any, schema: Mapping[str, Any] | None) -> Any:
        from jsonschema import Draft202012Validator

        if self._validator is None:
            self._validator = Draft202012Validator(schema or {})
        problem = next(iter(self._validator.iter_errors(value)), None)
        if problem is not None:
            where = "/".join(map(str, problem.absolute_path)) or "the answer"
            raise Unparsed(f"{where}: {problem.message[:200]}")
        return value

    _validator: Any = None


def _boolean(text: str) -> bool:
    word = re.match(r"\W*(\w+)", text)
    value = _YES.get(word.group(1).casefold()) if word else None
    if value is None:
        raise Unparsed(f"neither yes nor no: {text[:60]!r}")
    return value


def _choice(text: str, choices: Iterable[str]) -> str:
    said = text.strip().strip("\"'`*.").casefold()
    for choice in choices:
        if said == choice.casefold():
            return choice
    raise Unparsed(f"not one of the choices: {text[:60]!r}")


def _numbered(text: str) -> list[str]:
    starts = list(_NUMBERED.finditer(text))
    if not starts:
        raise Unparsed("no numbered item")
    ends = [start.start() for start in starts[1:]] + [len(text)]
    items = [text[a.end() : b].strip() for a, b in zip(starts, ends, strict=True)]
    return [item for item in items if item]


def _tags(text: str, columns: tuple[str, ...]) -> Item:
    item = {}
    for column in columns:
        found = re.search(rf"<{column}>(.*?)</{column}>", text, re.DOTALL)
        if found is None:
            raise Unparsed(f"no <{column}>…</{column}>")
        item[column] = found.group(1).strip()
    return item


def _json(text: str) -> Any:
    fenced = _FENCE.match(text)
    try:
        return orjson.loads(fenced.group(1) if fenced else text.strip())
    except orjson.JSONDecodeError as error:
        raise Unparsed(f"not JSON: {error}") from error


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("items")
    if not isinstance(value, list):
        raise Unparsed("no list of items")
    return value


def _salvaged(text: str) -> list[Any]:
    """Return the items that are complete in a list that was cut."""
    import json

    start = text.find("[")
    decoder, items, at = json.JSONDecoder(), [], start + 1
    while start >= 0:
        gap = re.compile(r"[\s,]*").match(text, at)
        at = gap.end() if gap else at
        try:
            item, at = decoder.raw_decode(text, at)
        except ValueError:
            break
        items.append(item)
    return items
