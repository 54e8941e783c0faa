"""Drops rows that came before."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import xxhash

from sofrito.filters.base import texts
from sofrito.recipe.base import Columns
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Lost, Operation, Ordered, Row

_SPACE = re.compile(r"\s+")


class Dedup(Step):
    """Rejects a row whose columns are equal to those of an earlier row that passed this step.

    Remembers 16 bytes of hash, and its number, of each row let through.
    """

    verb: ClassVar[str] = "dedup"
    example: ClassVar[Mapping[str, Any]] = {"dedup": "question", "ignore": ["case", "space"]}

    dedup: Columns
    """The columns compared, all together."""

    method: Literal["exact"] = "exact"
    """How: `exact` compares letter by letter, apart from what `ignore` names."""

    ignore: tuple[Literal["case", "space", "punctuation"], ...] = ("space",)
    """Differences that do not count: of case, of white space, of punctuation; `[]` if all do."""

    def uses(self) -> tuple[str, ...]:
        """The columns compared."""
        return self.dedup

    def operations(self, bench: Bench) -> list[Operation]:
        """One operation with memory."""
        seen: dict[bytes, str] = {}

        def run(row: Row) -> Row | Lost:
            folded = [self._folded(text) for text in texts(row.values, self.dedup)]
            content = "".join(f"{len(text)}:{text}" for text in folded)
            digest = xxhash.xxh3_128_digest(content.encode("utf-8", "surrogatepass"))
            first = seen.setdefault(digest, row.id)
            return row if first == row.id else Lost(row, "rejected", "duplicate", f"as row {first}")

        return [Ordered(bench.index, run, self.guard())]

    def _folded(self, text: str) -> str:
        if "case" in self.ignore:
            text = text.casefold()
        if "punctuation" in self.ignore:
            text = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
        return _SPACE.sub(" ", text).strip() if "space" in self.ignore else text
