"""What a step asks in several ways: models, system messages and sampling, crossed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any, ClassVar

from pydantic import Field

from sofrito.recipe.base import Part
from sofrito.recipe.field_types import Columns, Strings
from sofrito.steps.work import mix

Varied = Mapping[str, Any]
"""One way to ask: a value for each option that varies."""


class Vary(Part):
    """Options of which there are several values; each combination of them is a way to ask.

    A row asks in every one, or in `n` that are drawn for it, no two alike as long as there are
    others.
    """

    example: ClassVar[Mapping[str, Any]] = {"temperature": [0.3, 1.0]}

    model: Columns = ()
    """Models of the recipe."""

    system: Strings = ()
    """System messages: template files, or the templates themselves."""

    temperature: tuple[Annotated[float, Field(ge=0, le=5)], ...] = ()
    """Temperatures."""

    top_p: tuple[Annotated[float, Field(gt=0, le=1)], ...] = ()
    """Values of `top_p`."""

    top_k: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """Values of `top_k`."""

    min_p: tuple[Annotated[float, Field(ge=0, le=1)], ...] = ()
    """Values of `min_p`."""

    max_tokens: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Values of `max_tokens`."""

    presence_penalty: tuple[Annotated[float, Field(ge=-2, le=2)], ...] = ()
    """Values of `presence_penalty`."""

    frequency_penalty: tuple[Annotated[float, Field(ge=-2, le=2)], ...] = ()
    """Values of `frequency_penalty`."""

    repeat_penalty: tuple[Annotated[float, Field(gt=0, le=3)], ...] = ()
    """Values of `repeat_penalty`."""

    @property
    def options(self) -> dict[str, tuple[Any, ...]]:
        """The options that vary, with their values."""
        return {
            name: tuple(getattr(self, name))
            for name in type(self).model_fields
            if getattr(self, name)
        }

    @property
    def sampling(self) -> dict[str, tuple[Any, ...]]:
        """The options of sampling that vary."""
        return {k: v for k, v in self.options.items() if k not in ("model", "system")}

    def ways(self) -> tuple[Varied, ...]:
        """Return every combination, in the order in which the values are written."""
        options = self.options
        return tuple(dict(zip(options, one, strict=True)) for one in product(*options.values()))

    def drawn(self, n: int, key: int, label: str) -> Sequence[tuple[Varied, int]]:
        """Return ``n`` ways to ask for a row with this key, and how often each came before.

        All are taken as often as they go into ``n``; which ones once more depends on the key and on
        the way itself, so that a new value leaves the draws of the others as they are, as far as it
        can.
        """
        ways = self.ways()
        times, rest = divmod(n, len(ways))
        ranked = sorted(range(len(ways)), key=lambda i: mix(key, label, "vary", ways[i]))
        more = frozenset(ranked[:rest])
        return [*_repeated(ways, times, more)]


def _repeated(
    ways: Sequence[Varied], times: int, more: frozenset[int]
) -> Iterator[tuple[Varied, int]]:
    for again in range(times + 1):
        for index, way in enumerate(ways):
            if again < times or index in more:
                yield way, again
