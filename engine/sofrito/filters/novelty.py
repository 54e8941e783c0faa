"""Keeps texts unlike all that came before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from sofrito.filters.base import Columns, MemoryFilter, Values, Verdict, texts
from sofrito.recipe.field_types import Strings

PASSED = "passed"
_SHOWN = 60


class Novelty(MemoryFilter):
    """Rejects a text whose ROUGE-L F with an earlier one is above the threshold (Wang et al. 2022).

    Strictly above, by the float formula of the `rouge_score` package, so that the decisions are
    those of the original. Of a text longer than 16,384 words only the beginning is compared, and a
    text without Latin letters or digits is like no other: use `dedup` for those. The memory grows
    by the texts let through.
    """

    filter: ClassVar[str] = "novelty"

    rouge_l: Annotated[float, Field(gt=0, le=1)] = 0.7
    """The highest ROUGE-L F allowed, from 0 to 1."""

    against: Strings = (PASSED,)
    """What to compare with: seed pools by name (their own rows), and `passed` for what this filter \
let through before."""

    def pools(self) -> tuple[str, ...]:
        """The seed pools named in `against`."""
        return tuple(name for name in self.against if name != PASSED)

    def memory(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return a fresh index of the pools' texts, which learns what passes."""
        from sofrito.filters.rouge_index import RougeIndex

        index = RougeIndex(self.rouge_l)
        for pool, rows in pools.items():
            for number, values in enumerate(rows):
                text = "\n".join(texts(values, columns))
                index.add(text, label(pool, number, text))
        passed = 0

        def judge(values: Values) -> Verdict:
            nonlocal passed
            text = "\n".join(texts(values, columns))
            match = index.nearest(text)
            score = match.score if match else None
            detail = f"like {match.label}" if match else f"nothing reaches {self.rouge_l:g}"
            if score is not None and score > self.rouge_l:
                return Verdict(False, "too similar", detail, score)
            if PASSED in self.against:
                index.add(text, label(PASSED, passed, text))
                passed += 1
            return Verdict(True, "", detail, score)

        return judge


def label(source: str, number: int, text: str) -> str:
    """Return what a text is called where another one is like it: numbers alone find nothing."""
    start = " ".join(text[:_SHOWN].split())
    return f"{source} {number}: {start}{'…' if len(text) > _SHOWN else ''}"
