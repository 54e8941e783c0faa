"""The base of every verb's class: its fields are the YAML, its operations are what runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sofrito.filters.base import Filter
from sofrito.recipe.binding import unbracketed
from sofrito.recipe.expressions import Expression, ExpressionError, expression
from sofrito.recipe.heads import Head
from sofrito.recipe.library import Library
from sofrito.recipe.verb import Verb
from sofrito.steps.work import Candidate, Lost, Map, Operation, Outcome, Pooled, Row


@dataclass(frozen=True)
class Bench:
    """What a step is compiled with: its place, its model, the seed pools as loaded, the recipe's seed.

    ``default`` is the model that is asked where none is named.
    """

    index: int
    label: str
    seed: int
    model: str
    pools: Mapping[str, Sequence[Pooled]]
    filters: tuple[Filter, ...] = ()
    library: Library | None = None
    default: str = ""

    def head(self, folder: str, name: str) -> tuple[str, Head]:
        """Return a file of the library as a template's name, and its head."""
        assert self.library is not None
        found = self.library.find(folder, name)
        assert found is not None, "the checks have found it"
        return found, self.library.head(folder, found)


class Step(Verb):
    """A verb that can run."""

    verb: ClassVar[str] = ""

    def operations(self, bench: Bench) -> list[Operation]:
        """Return what the step does to a row, in order; `keep` is added by :meth:`compiled`."""
        raise NotImplementedError

    def compiled(self, bench: Bench) -> list[Operation]:
        """Return the step's operations with its `when` and `keep`."""
        operations = self.operations(bench)
        if self.keep:
            operations.append(keeper(bench, self.keep, self.guard()))
        return operations

    def guard(self) -> Expression | None:
        """The compiled `when`."""
        return expression(self.when) if self.when else None


def name_given(known: Collection[str], about: Collection[str]) -> str:
    """Return how a step names a column to be shown beside those that it is ``about``."""
    others = [name for name in known if name not in about]
    name = "instruction" if "instruction" in others else next(iter(others), "COLUMN")
    return f"Name in this step the columns that are shown beside: `given: {name}`."


def keeper(bench: Bench, source: str, guard: Expression | None) -> Map:
    """Return the operation that rejects rows for which an expression is false."""
    condition, reason = expression(source), f"keep: {unbracketed(source)}"

    def run(row: Row, _: Candidate) -> Outcome:
        try:
            kept = condition.truth(row.values)
        except ExpressionError as error:
            return [Lost(row, "failed", "expression", f"{unbracketed(source)}: {error.words}")]
        return [row] if kept else [Lost(row, "rejected", reason)]

    return Map(bench.index, run, guard)
