"""Turns a teacher's answer into column values."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property
from typing import Any, Literal

import orjson

from sofrito.steps.shape import Type, list_schema, object_schema
from sofrito.teachers.call import Shape

Kind = Literal["text", "boolean", "choice", "numbered_list", "json", "json_list", "tags"]
Item = dict[str, Any]

# Answers may be long and hostile: no pattern here can be tried twice on the same characters.
_NUMBERED = re.compile(r"^([ \t]*)(\*\*)?\d{1,4}([.):])(\*\*)?(?:[ \t]+|$)", re.MULTILINE)
_GAP, _SPACE = re.compile(r"[\s,]*"), re.compile(r"\s*")
_FENCE = "```"
_AROUND = " \t\r\n\"'`*_.,:;!()[]“”"
_YES = {"yes": True, "true": True, "no": False, "false": False}
_TEXT = Type()
_DECODER = json.JSONDecoder()


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
        self._types, self.items = types or {}, items
        self._checks: Mapping[str, Callable[[Any], str]] = {}

    def checking(self, checks: Mapping[str, Callable[[Any], str]]) -> "Parser":
        """Return this with a check of some columns: what it says of a value is why that does not fit."""
        parser = copy(self)
        parser._checks = checks
        return parser

    @property
    def many(self) -> bool:
        """Whether one answer makes several rows."""
        return self.kind in ("numbered_list", "json_list")

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema that the teacher is held to, for the kinds that are JSON."""
        match self.kind:
            case "json":
                return object_schema(self.columns, self._types)
            case "json_list":
                return list_schema(self.columns, self._types, self.items)
        return None

    @cached_property
    def shape(self) -> Shape | None:
        """What an answer must look like, for the kinds that are a form but no JSON."""
        match self.kind:
            case "numbered_list":
                return Shape("numbered_list", _TEXT.schema_of())
            case "tags":
                return Shape("tags", object_schema(self.columns, self._types))
        return None

    def finds_nothing(self, text: str) -> bool:
        """Whether an answer has nothing in it, which is no answer unless it is one of the choices."""
        return not text.strip() and "" not in self.choices

    def parse(self, text: str, *, cut: bool = False, drop_last: bool = False) -> list[Item]:
        """Return the items of an answer; raises :class:`Unparsed`.

        ``cut`` says that the answer was cut by its length; with ``drop_last`` the item in which
        that happened is left out. Takes time in proportion to the text.
        """
        if self.finds_nothing(text):
            raise Unparsed("nothing was answered")
        match self.kind:
            case "text":
                return [self._only(text.strip())]
            case "boolean":
                return [self._only(_boolean(text))]
            case "choice":
                return [self._only(_choice(text, self.choices))]
            case "numbered_list":
                items = list(_numbered(text))
                return [self._only(item) for item in (items[:-1] if cut and drop_last else items)]
            case "tags":
                return [{column: self._tagged(text, column, cut=cut) for column in self.columns}]
            case "json":
                return [self._object(_json(text))]
            case "json_list":
                return self._list(text, salvage=cut and drop_last)

    def _only(self, value: Any) -> Item:
        return {self.columns[0]: value}

    def _tagged(self, text: str, column: str, *, cut: bool) -> Any:
        kind = self._type(column).type
        # Of a number that was cut there are perhaps only the first digits.
        said = _tagged(text, column, cut=cut and kind == "string")
        return self._value(column, said if kind == "string" else _plain_value(said))

    def _list(self, text: str, *, salvage: bool) -> list[Item]:
        try:
            items = _items(_json(text))
        except Unparsed:
            if not salvage:
                raise
            items = list(_salvaged(_unfenced(text)))
        else:
            self._bounded(len(items))
        return [self._item(item) for item in items]

    def _bounded(self, count: int) -> None:
        low, high = self.items or (count, count)
        if not low <= count <= high:
            raise Unparsed(f"{count} items, not {low} to {high}")

    def _item(self, item: Any) -> Item:
        one = self.columns[0]
        bare = not (isinstance(item, dict) and item.keys() == {one})
        if len(self.columns) == 1 and (bare or self._type(one).type == "object"):
            return self._only(self._value(one, item))
        return self._object(item)

    def _object(self, value: Any) -> Item:
        if not isinstance(value, dict):
            raise Unparsed("not an object with the columns")
        if odd := value.keys() ^ set(self.columns):
            column = min(odd)
            raise Unparsed(f"{column}: {'not asked for' if column in value else 'missing'}")
        return {column: self._value(column, value[column]) for column in self.columns}

    def _value(self, column: str, value: Any) -> Any:
        type_ = self._type(column)
        check = self._checks.get(column)
        if why := type_.fault(value) or (check(value) if check else ""):
            raise Unparsed(f"{column}: {why}")
        return int(value) if type_.type == "integer" else value

    def _type(self, column: str) -> Type:
        return self._types.get(column, _TEXT)


def _boolean(text: str) -> bool:
    word = re.match(r"[\W_]*(\w+)", text)
    value = _YES.get(word.group(1).rstrip("_").casefold()) if word else None
    if value is None:
        raise Unparsed(f"neither yes nor no: {text[:60]!r}")
    return value


def _choice(text: str, choices: Iterable[str]) -> str:
    """Return the choice that was said: to the letter, else without case and punctuation around."""
    said = text.strip()
    if said in choices:
        return said
    alike = [choice for choice in choices if _bare(choice) == _bare(said)]
    if len(alike) != 1:
        raise Unparsed(f"not one of the choices: {text[:60]!r}")
    return alike[0]


def _bare(text: str) -> str:
    return text.strip(_AROUND).casefold()


def _numbered(text: str) -> Iterator[str]:
    """Yield the items: from each number at the start of a line to the next one of the same kind.

    A number that is indented more than the first, or has another mark behind it, belongs to the
    item that it stands in.
    """
    first: re.Match[str] | None = None
    start, bold = 0, ""
    for found in _NUMBERED.finditer(text):
        if first is None:
            first = found
        elif len(found[1]) > len(first[1]) or found[3] != first[3]:
            continue
        elif item := (bold + text[start : found.start()]).strip():
            yield item
        start, bold = found.end(), "**" if found[2] and not found[4] else ""
    if first is None:
        raise Unparsed("no numbered item")
    if item := (bold + text[start:]).strip():
        yield item


def _tagged(text: str, column: str, *, cut: bool) -> str:
    """Return what stands between a column's tags; of a text that was cut, perhaps to its end."""
    opening, closing = f"<{column}>", f"</{column}>"
    start = text.find(opening)
    end = text.find(closing, start + len(opening))
    if end < 0 and cut:
        end = len(text)
    if start < 0 or end < 0:
        raise Unparsed(f"no {opening}…{closing}")
    return text[start + len(opening) : end].strip()


def _plain_value(text: str) -> Any:
    """Return what a text says as a JSON value or a yes or no; itself where it is neither."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _YES.get(text.casefold(), text)


def _json(text: str) -> Any:
    try:
        return orjson.loads(_unfenced(text))
    except orjson.JSONDecodeError as error:
        raise Unparsed(f"not JSON: {error}") from error


def _unfenced(text: str) -> str:
    """Return what stands in the code fence, whatever is around it, or all of a text without one."""
    text = text.strip()
    start = -1 if text.startswith(("{", "[")) else text.find(_FENCE)
    if start < 0:
        return text
    inside = text.find("\n", start) + 1 or len(text)
    end = text.rfind(_FENCE, inside)
    return text[inside : end if end >= 0 else len(text)]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("items")
    if not isinstance(value, list):
        raise Unparsed("no list of items")
    return value


def _salvaged(text: str) -> Iterator[Any]:
    """Yield the items that are complete in a list that was cut."""
    at = text.find("[") + 1
    while at:
        at = _end(_GAP, text, at)
        try:
            item, end = _DECODER.raw_decode(text, at)
            # Only orjson decides what is JSON: the decoder takes NaN and half surrogates too.
            item = orjson.loads(text[at:end])
        except (ValueError, RecursionError):
            return
        if isinstance(item, int | float) and _end(_SPACE, text, end) == len(text):
            return  # perhaps only the first digits
        yield item
        at = end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
