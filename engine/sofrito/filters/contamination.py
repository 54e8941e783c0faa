"""Keeps texts that have nothing of a benchmark."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from sofrito.filters.base import Columns, PoolFilter, Values, Verdict, texts
from sofrito.filters.novelty import label
from sofrito.recipe.field_types import Columns as Names
from sofrito.recipe.field_types import Strings


class Contamination(PoolFilter):
    """Rejects a row in which a run of words stands that a benchmark has as well.

    By default 13 words in a row (GPT-3, Brown et al. 2020); `{words: 8, share: 0.5}` is the rule of
    Tulu 3 (Lambert et al. 2024). Case and punctuation do not matter. A benchmark's text that has
    fewer words is looked for as a whole, and not at all if it has fewer than 8: it would be found by
    chance. In scripts without spaces each letter is a word.
    """

    filter: ClassVar[str] = "contamination"
    shorthand: ClassVar[str] = "against"

    against: Strings
    """The seed pools that hold the benchmarks."""

    columns: Names = ()
    """The pools' columns to compare with, as `question`; else all that hold texts."""

    words: Annotated[int, Field(ge=2)] = 13
    """The length of a run, in words."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How much of one of the benchmark's texts a row may have in such runs, in words; 0 allows none."""

    def pools(self) -> tuple[str, ...]:
        """The pools named in `against`."""
        return self.against

    def pool_columns(self) -> tuple[str, ...]:
        """The columns named."""
        return self.columns

    def comparing(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return what looks each column's runs up among those of the pools' texts."""
        from sofrito.filters.word_runs import Runs

        runs, labels = Runs(self.words), list[str]()
        for pool, rows in pools.items():
            for number, row in enumerate(rows):
                for text in self._texts(row):
                    if runs.add(text):
                        labels.append(label(pool, number, text))

        def judge(values: Values) -> Verdict:
            most = 0.0
            for column, text in zip(columns, texts(values, columns), strict=True):
                found = runs.most(text)
                if found is None:
                    continue
                place, shared, size = found
                share = shared / size
                if share > self.share:
                    detail = f"{column} has {shared} of the {size} words of {labels[place]}"
                    return Verdict(False, "of a benchmark", detail, round(share, 4))
                most = max(most, round(share, 4))
            return Verdict(True, "", "", most)

        return judge

    def _texts(self, row: Values) -> list[str]:
        if self.columns:
            return texts(row, self.columns)
        return [value for value in row.values() if isinstance(value, str)]
