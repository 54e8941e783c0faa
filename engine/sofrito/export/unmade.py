"""The axes that a model makes before the rows, and what that takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sofrito.plan.estimate_bounds import Bound, bound_of
from sofrito.plan.estimate_time import Speed
from sofrito.recipe.read import Read
from sofrito.run.axes import load_of, missing_axes
from sofrito.run.outlook import axis_cost
from sofrito.run.prices import Tariff
from sofrito.run.served import StepCost


@dataclass(frozen=True)
class UnmadeAxes:
    """Axes that are not made yet: about how many calls make each, by name, their costs and bounds.

    ``timed`` says whether it is known how fast the models are that make them.
    """

    calls: Mapping[str, int]
    costs: Sequence[StepCost]
    bounds: Sequence[Bound]
    timed: bool


def unmade_axes(
    read: Read,
    workspace: Path,
    speeds: Mapping[str, Speed],
    tariffs: Mapping[str, Tariff | None],
) -> UnmadeAxes:
    """Return the axes of a recipe that a workspace has not, in the recipe's order."""
    recipe, budget = read.recipe, read.recipe.budget
    unmade = missing_axes(read, workspace)
    models = [recipe.model_for(topics.model) for topics in unmade.values()]
    loads = [load_of(topics) for topics in unmade.values()]
    return UnmadeAxes(
        {name: load.calls for name, load in zip(unmade, loads, strict=True)},
        [
            axis_cost(topics, model, speeds, tariffs)
            for model, topics in zip(models, unmade.values(), strict=True)
        ],
        [bound_of(load, budget.calls, budget.tokens) for load in loads],
        {*models} <= {*speeds},
    )
