"""What a run has cost over all its sessions, model by model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sofrito.run.journal import Spent
from sofrito.run.prices import FREE, Tariff
from sofrito.run.totals import Totals


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What a model cost in US dollars over all sessions, and where its price is from.

    What ``unpriced`` answers cost nobody knows. ``model`` is "" for what was asked before the
    journal told models apart.
    """

    model: str
    usd: float
    unpriced: int
    price: str


def costs_of(
    before: Mapping[str, Spent],
    totals: Totals,
    models: Iterable[str],
    tariffs: Mapping[str, Tariff | None],
) -> tuple[ModelCost, ...]:
    """Return what each model has cost, from what earlier sessions stored and this one's totals."""
    found = []
    for name in sorted({*before, *models}):
        tariff = tariffs.get(name, FREE if name else None)
        usd, unpriced = 0.0, 0
        if name in before:
            usd, unpriced = before[name].usd, before[name].unpriced
        if name in totals.models:
            usd, unpriced = usd + totals.models[name].usd, unpriced + totals.models[name].unpriced
        found.append(ModelCost(name, usd, unpriced, tariff.source if tariff else "unknown"))
    if all(cost.price == FREE.source for cost in found if cost.model):
        return tuple(cost for cost in found if cost.model)  # what ran here never cost anything
    return tuple(found)


def spelled(costs: Sequence[ModelCost]) -> str:
    """Return in words what a run has cost: "$1.23", what of it is unknown, "" if nothing costs."""
    if all(cost.price == FREE.source for cost in costs):
        return ""
    words = dollars(sum(cost.usd for cost in costs))
    unknown = sum(cost.unpriced for cost in costs)
    if not unknown:
        return words
    names = " and ".join(f"`{c.model}`" if c.model else "earlier ones" for c in costs if c.unpriced)
    part = f"{unknown:,} answers ({names}) at a price that is not known"
    return f"{words} and {part}" if any(cost.usd for cost in costs) else part


def dollars(usd: float) -> str:
    """Return a sum of money; small ones with two digits that say something."""
    return f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.2g}" if usd >= 1e-4 else "<$0.0001"
