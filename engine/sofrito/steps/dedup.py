"""Drops rows that came before."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import xxhash
from pydantic import Field, model_validator

from sofrito.filters.base import texts
from sofrito.recipe.base import Key, Load, Need
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Columns
from sofrito.recipe.model import EMBEDDER
from sofrito.steps.base import Bench, Step
from sofrito.steps.punctuation import without_punctuation
from sofrito.steps.work import Lost, Operation, Ordered, Row

_SPACE = re.compile(r"\s+")
_OF: Mapping[str, tuple[str, ...]] = {
    "exact": ("ignore",),
    "semantic": ("distance", "model"),
    "minhash": ("threshold",),
}
_NEEDED: Mapping[str, tuple[str, str]] = {
    "semantic": ("numpy", "embed"),
    "minhash": ("rensa", "minhash"),
}


class Dedup(Step):
    """Rejects a row whose columns are equal, or alike, to those of an earlier row that passed this step.

    `exact` remembers 16 bytes of hash, and its number, of each row let through; `semantic` its
    vector, of 1 kB with the built-in model; `minhash` 2 kB of hashes. Whether a row is rejected
    depends on those before it alone, never on which answers came first.
    """

    verb: ClassVar[str] = "dedup"
    example: ClassVar[Mapping[str, Any]] = {"dedup": "question", "ignore": ["case", "space"]}

    dedup: Columns
    """The columns compared, all together."""

    method: Literal["exact", "minhash", "semantic"] = "exact"
    """How: `exact` compares letter by letter, apart from what `ignore` names; `minhash` compares the \
sets of five words in a row, which long texts that are alike share; `semantic` compares what the \
texts mean, by the vectors that an embedding model makes of them."""

    ignore: tuple[Literal["case", "space", "punctuation"], ...] = ("space",)
    """Differences that do not count: of case, of white space, of punctuation; `[]` if all do. \
Punctuation is what parts or quotes words, `. , ; : ! ? " ' ( ) …` and dashes between them; what stands \
next to a digit, inside a word or after a single letter counts, and so does `# % & * / @ + = < >`."""

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0
    """For `minhash`: how much of their sets two rows must share, as estimated by 112 hashes, to be \
alike. Only rows with 8 hashes in a row equal in one of 14 places are compared at all, 92 % of those \
that share 0.8 and 56 % of those that share 0.7; with 0 all of these are alike, as in FineWeb."""

    distance: Annotated[float, Field(gt=0, le=1)] = 0.05
    """For `semantic`: a row nearer than this to an earlier one is rejected. It is 1 less the cosine \
of the angle between their vectors: 0 for texts that mean the same, about 1 for unrelated ones."""

    model: str = ""
    """For `semantic`: which of the recipe's models makes the vectors; if none is named, the one called \
`embedder`, and without that `backend: wordllama`, which is small and needs no server."""

    @model_validator(mode="after")
    def _sensible(self) -> "Dedup":
        for method, keys in _OF.items():
            for key in keys:
                if method != self.method and key in self.model_fields_set:
                    what = f"`{key}` means nothing to `method: {self.method}`; it is for `{method}`"
                    fix = f"Write `method: {method}`, or remove `{key}`."
                    raise fault("clash", what, fix, at=key)
        return self

    def uses(self) -> tuple[str, ...]:
        """The columns compared."""
        return self.dedup

    def asks(self) -> str | None:
        """For `semantic` the model named, or the embedder."""
        return (self.model or EMBEDDER) if self.method == "semantic" else None

    def needs(self) -> tuple[Need, ...]:
        """A model that makes vectors."""
        return ("embed",) if self.method == "semantic" else ()

    def load(self) -> Load:
        """For `semantic` one vector a row."""
        return Load(1, 1) if self.method == "semantic" else Load()

    def packages(self) -> Mapping[Key, tuple[str, str]]:
        """What compares signatures or vectors."""
        needed = _NEEDED.get(self.method)
        return {("method",): needed} if needed else {}

    def tells_apart(self, values: Mapping[str, Any]) -> str | None:
        """For `exact`, the columns without the differences that do not count."""
        return self._content(values) if self.method == "exact" and not self.when else None

    def operations(self, bench: Bench) -> list[Operation]:
        """One operation with memory; before it, for `semantic`, one that asks for the vector."""
        if self.method == "semantic":
            from sofrito.steps.semantic import semantic

            return semantic(bench, self.dedup, self.distance, self.guard())
        if self.method == "minhash":
            from sofrito.steps.minhash import memory

            remembering = memory(self.dedup, self.threshold, bench.label)
            return [Ordered(bench.index, remembering, self.guard())]
        seen: dict[bytes, str] = {}

        def run(row: Row) -> Row | Lost:
            content = self._content(row.values)
            digest = xxhash.xxh3_128_digest(content.encode("utf-8", "surrogatepass"))
            first = seen.setdefault(digest, row.id)
            return row if first == row.id else Lost(row, "rejected", "duplicate", f"as row {first}")

        return [Ordered(bench.index, run, self.guard())]

    def _content(self, values: Mapping[str, Any]) -> str:
        folded = [self._folded(text) for text in texts(values, self.dedup)]
        return "".join(f"{len(text)}:{text}" for text in folded)

    def _folded(self, text: str) -> str:
        if "case" in self.ignore:
            text = text.casefold()
        if "punctuation" in self.ignore:
            text = without_punctuation(text)
        return _SPACE.sub(" ", text).strip() if "space" in self.ignore else text
