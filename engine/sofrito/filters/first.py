"""Keeps the first few siblings."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from sofrito.filters.base import KEPT, Columns, SiblingFilter, Values, Verdict


class First(SiblingFilter):
    """Keeps at most so many siblings, the first ones."""

    filter: ClassVar[str] = "first"
    shorthand: ClassVar[str] = "most"

    most: Annotated[int, Field(ge=1)]
    """How many siblings to keep."""

    def leaves(self) -> float:
        """As many."""
        return self.most

    def judge_all(
        self,
        siblings: Sequence[Values],
        columns: Columns,  # noqa: ARG002
    ) -> list[Verdict]:
        """Count the siblings."""
        beyond = Verdict(False, f"beyond the first {self.most}")
        return [KEPT if index < self.most else beyond for index in range(len(siblings))]
