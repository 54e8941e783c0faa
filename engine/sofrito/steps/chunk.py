"""Cuts a long text into passages, a row each."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from sofrito.recipe.base import Load
from sofrito.recipe.fault import Kind, fault, swapped
from sofrito.recipe.field_types import NAME, Range
from sofrito.recipe.inference import list_of
from sofrito.recipe.value_types import Values, ValueType
from sofrito.steps.base import Bench, Step
from sofrito.steps.chunk_cut import Passage, passages
from sofrito.steps.chunk_size import Size, Unit
from sofrito.steps.chunk_structure import structure_of
from sofrito.steps.work import Candidate, Lost, Map, Operation, Outcome, Row

_UNITS: tuple[Unit, ...] = ("tokens", "words", "characters")
_FIELDS = ("file", "page", "last_page", "heading", "headings", "start", "end", "index", "of")


class Chunk(Step):
    """Makes a row of each passage of a long text; the column then holds the passage.

    A passage ends at a heading if one is near, else at a paragraph, an item of a list, a sentence.
    Code and tables stay whole unless one is larger than a passage may be. Headings, code and tables
    are those of Markdown, into which PDF, Word and HTML seeds are turned.

    The record `source` has the `file` of the row; `page` and `last_page`, counted from 1, where the
    text is a PDF's; `heading`, the nearest above the passage's beginning, and `headings`, from the
    outermost to it; `start` and `end`, the passage's place in the text in characters; `index`, its
    place among the passages from 0, and `of`, how many they are.
    """

    verb: ClassVar[str] = "chunk"
    one_of: ClassVar[tuple[str, ...]] = _UNITS
    example: ClassVar[Mapping[str, Any]] = {"chunk": "text", "tokens": [200, 400]}

    chunk: Annotated[str, Field(pattern=NAME)]
    """The column with the text."""

    tokens: Range | None = None
    """Least and most tokens of a passage. They are estimated, without the model's tokenizer: for \
English and code within about a tenth, other languages have up to two thirds more."""

    words: Range | None = None
    """Least and most words of a passage, instead."""

    characters: Range | None = None
    """Least and most characters of a passage, instead."""

    overlap: Annotated[int, Field(ge=0)] = 0
    """How much of a passage, in the same unit and at most, the next one repeats: whole sentences if \
they fit, else words; nothing where a heading begins."""

    as_: Annotated[str, Field(pattern=NAME)] = Field(default="source", alias="as")
    """What the record is called."""

    @model_validator(mode="after")
    def _sensible(self) -> "Chunk":
        given = [f"`{unit}`" for unit in _UNITS if getattr(self, unit) is not None]
        if len(given) != 1:
            kind: Kind = "clash" if given else "missing"
            what = "`chunk` needs the size of a passage: one of `tokens`, `words`, `characters`"
            fix = "Keep one." if given else "Such as `words: [100, 300]`."
            raise fault(kind, what, fix)
        least, most = self.bounds
        if not least or least > most:
            what = f"no passage has at least {least} and at most {most} {self.unit}"
            what = what if least else "a passage has at least one unit"
            fix = (
                swapped(least, most, self.unit)
                if least
                else f"Such as `{self.unit}: [1, {max(most, 1)}]`."
            )
            raise fault("never", what, fix, at=self.unit)
        if self.overlap >= least:
            what = f"an `overlap` of {self.overlap} is no less than the {least} of a passage"
            fix = f"Lower it to {least - 1} or less, or raise the least of `{self.unit}`."
            raise fault("never", what, fix, at="overlap")
        return self

    @property
    def unit(self) -> Unit:
        """What passages are measured in."""
        return next(unit for unit in _UNITS if getattr(self, unit) is not None)

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most units of a passage."""
        bounds: tuple[int, int] = getattr(self, self.unit)
        return bounds

    def makes(self) -> tuple[str, ...]:
        """The record."""
        return (self.as_,)

    def records(self) -> Mapping[str, frozenset[str]]:
        """Where a passage stands."""
        return {self.as_: frozenset(_FIELDS)}

    def values(self) -> Mapping[str, Values]:
        """A passage is a text, and so is its heading; its place is in numbers."""
        places = dict.fromkeys(
            ("start", "end", "index", "of", "page", "last_page"), Values("number")
        )
        fields = {"heading": Values("text"), "headings": list_of(Values("text")), **places}
        return {self.chunk: Values("text"), **{f"{self.as_}.{k}": one for k, one in fields.items()}}

    def rewrites(self) -> tuple[str, ...]:
        """The text, which becomes a passage."""
        return (self.chunk,)

    def uses(self) -> tuple[str, ...]:
        """The text."""
        return (self.chunk,)

    def wants(self) -> Mapping[str, ValueType]:
        """A text."""
        return {self.chunk: "text"}

    def fans_out(self) -> bool:
        """Always."""
        return True

    def load(self) -> Load:
        """No calls; how many rows come of a text, only the text tells."""
        return Load(rows=None)

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""

        def run(row: Row, _: Candidate) -> Outcome:
            text = row.values.get(self.chunk)
            if not isinstance(text, str):
                return [Lost(row, "failed", f"`{self.chunk}` is not a text")]
            if not text.strip():
                return [Lost(row, "rejected", "empty text")]
            return list(row.children(bench.label, self.cut(text, row.values)))

        return [Map(bench.index, run)]

    def cut(self, text: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what becomes of a row with these values: a passage and its record for each sibling."""
        size = Size.of(text, self.unit)
        found = list(passages(text, structure_of(text), size, *self.bounds, self.overlap))
        pages = _pages(values, text)
        return [
            {
                self.chunk: text[one.start : one.end],
                self.as_: {
                    "file": values.get("file"),
                    **_page(one, pages),
                    "heading": one.headings[-1] if one.headings else None,
                    "headings": list(one.headings),
                    "start": one.start,
                    "end": one.end,
                    "index": index,
                    "of": len(found),
                },
            }
            for index, one in enumerate(found)
        ]


def _pages(values: Mapping[str, Any], text: str) -> Sequence[int]:
    """Return where the text's pages begin; nothing where the row's `pages` are of another text."""
    pages = values.get("pages")
    numbers = isinstance(pages, list) and all(isinstance(one, int) for one in pages)
    return pages[:-1] if pages and numbers and pages[-1] == len(text) else ()


def _page(passage: Passage, pages: Sequence[int]) -> dict[str, int | None]:
    if not pages:
        return {"page": None, "last_page": None}
    first, last = (bisect_right(pages, at) for at in (passage.start, passage.end - 1))
    return {"page": first, "last_page": last}
