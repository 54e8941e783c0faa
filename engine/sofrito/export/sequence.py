"""The rows of a dataset in the order in which they are written, made and real ones alike."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from sofrito.export.mix import RealRows, drawn, interleaved
from sofrito.export.order import Arrangement, Ranks, order_key
from sofrito.export.rows import Accepted, accepted, accepted_at, places
from sofrito.recipe.model import Recipe
from sofrito.recipe.model_output import Order


class Rows:
    """Rows to go through, as often as one likes: those of the run by number, then the ``real`` ones.

    Without an ``order`` they come as the run left them. ``notes`` are what the user should know.
    Holds no row but the real ones.
    """

    def __init__(
        self,
        run: Path,
        real: Sequence[Accepted] = (),
        order: Sequence[int] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.notes = tuple(notes)
        self.real = len(real)
        self._run, self._real, self._order = run, real, order
        self._places = places(run) if order is not None else ()

    def __iter__(self) -> Iterator[Accepted]:
        """Yield the rows; raises Trouble where they cannot be read."""
        if self._order is None:
            yield from accepted(self._run)
            return
        made = len(self._places)
        stored = accepted_at(self._run, (self._places[n] for n in self._order if n < made))
        for number in self._order:
            yield next(stored) if number < made else self._real[number - made]


def rows_of(run: Path, recipe: Recipe, *, real: RealRows | None = None, ranks: Ranks) -> Rows:
    """Return the rows of a run's dataset, with those that the recipe mixes in, in its order.

    ``real`` reads the rows of the pool that is mixed in, ``ranks`` are the values of axes in order.
    Raises Trouble where the rows cannot be read.
    """
    output = recipe.output
    if output.mix is None and output.order == Order():
        return Rows(run)
    made = sum(1 for _ in accepted(run))
    found, notes = list[Accepted](), list[str]()
    if output.mix is not None:
        assert real is not None, "whoever exports a mix brings its rows"
        found, notes = drawn(output.mix, real, made, recipe.seed)
    order = interleaved(made, found)
    if output.order != Order():
        arrangement = Arrangement(output.order, recipe.seed, ranks=ranks, key=order_key(recipe))
        for row in chain(accepted(run), found):
            arrangement.learn(row)
        order = arrangement.order(order)
        notes += arrangement.notes
    return Rows(run, found, order, notes)
