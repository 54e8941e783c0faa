"""Drops siblings that contradict each other."""

from collections.abc import Sequence
from typing import ClassVar

from sofrito.filters.base import KEPT, Columns, SiblingFilter, Values, Verdict, texts


class Consistent(SiblingFilter):
    """Rejects all siblings when two of them differ although what is given is the same.

    The rule of Self-Instruct (Wang et al. 2022): a task that answers one input in two ways is not
    a task. Where what is given is empty, siblings may differ.
    """

    filter: ClassVar[str] = "consistent"

    given: str
    """The column that decides: equal and not empty there, siblings must be equal in the step's \
columns."""

    def uses(self) -> tuple[str, ...]:
        """The column that is given."""
        return (self.given,)

    def judge_all(self, siblings: Sequence[Values], columns: Columns) -> list[Verdict]:
        """Look for one given text with two different answers."""
        answers: dict[str, tuple[str, ...]] = {}
        for values in siblings:
            (given,) = texts(values, (self.given,))
            what = tuple(texts(values, columns))
            if given.strip() and answers.setdefault(given, what) != what:
                clash = Verdict(False, f"the same {self.given} with different answers", given[:80])
                return [clash] * len(siblings)
        return [KEPT] * len(siblings)
