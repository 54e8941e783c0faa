"""Keeps texts unlike all that came before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from sofrito.filters.base import Columns, MemoryFilter, Values, Verdict, texts
from sofrito.recipe.base import Strings

PASSED = "passed"


class Novelty(MemoryFilter):
    """Rejects a text whose ROUGE-L F with an earlier one is above the threshold (Wang et al. 2022).

    Strictly above, by the float formula of the `rouge_score` package, so that the decisions are
    those of the original. The memory grows by the texts let through.
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
                index.add("\n".join(texts(values, columns)), f"{pool} {number}")
        count = 0

        def judge(values: Values) -> Verdict:
            nonlocal count
            text = "\n".join(texts(values, columns))
            match = index.nearest(text)
            if match is not None and match.score > self.rouge_l:
                return Verdict(False, "too similar", f"like {match.label}", match.score)
            if PASSED in self.against:
                index.add(text, f"passed {count}")
                count += 1
            return Verdict(True, "", f"like {match.label}" if match else "", match.score if match else None)

        return judge
