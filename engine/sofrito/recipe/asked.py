"""Which models a recipe asks: by its steps and the filters in them, and by its axes."""

from collections.abc import Iterator, Mapping, Sequence

from sofrito.recipe.entries import Check
from sofrito.recipe.model import Recipe


def opened(
    check: Check, chains: Mapping[str, Sequence[Check]], seen: tuple[str, ...] = ()
) -> Iterator[Check]:
    """Yield the filters that an entry of a chain stands for: itself, or those of a named chain.

    A chain that contains itself is opened once; one that does not exist has no filters.
    """
    if not check.chains():
        yield check
    for name in check.chains():
        if name not in seen:
            for inner in chains.get(name, ()):
                yield from opened(inner, chains, (*seen, name))


def models_asked(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the models that steps, filters and axes ask, sorted; "" if unclear."""
    asked = {step.asks() for step in recipe.steps}
    asked |= {axis.generate.model for axis in recipe.axes.values() if axis.generate}
    for step in recipe.steps:
        asked |= set(step.also_asks().values())
        for check in step.filters():
            asked |= {one.asks() for one in opened(check, recipe.chains)}
    return tuple(sorted({recipe.model_for(name) for name in asked if name is not None}))
