"""A recipe whose rules let through whatever hangs on a model's answer."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import PrivateAttr

from sofrito.filters.base import KEPT, AskingFilter, Columns, Filter, Judging, RowFilter, Verdict
from sofrito.filters.base import Values as RowValues
from sofrito.filters.first import First
from sofrito.recipe.asked import opened
from sofrito.recipe.entries import Check
from sofrito.recipe.expressions import expression_names
from sofrito.recipe.model import Recipe
from sofrito.recipe.verb import Verb


class _Passing(RowFilter):
    """Lets every row through."""

    def judge(self, values: RowValues, columns: Columns) -> Verdict:  # noqa: ARG002
        """Keep it."""
        return KEPT


class _PassingAsking(AskingFilter):
    """Asks what another filter asks, and lets every row through."""

    _asks_as: AskingFilter = PrivateAttr()

    def judging(self, values: RowValues, columns: Columns, model: str) -> Judging:
        """Ask, and keep the row whatever is answered."""
        yield from self._asks_as.judging(values, columns, model)
        return KEPT


def passing(recipe: Recipe) -> Recipe:
    """Return a recipe that asks what a checked one asks if no rule rejects an answer.

    Filters and `keep` stay as they are where they look at nothing that a model has a hand in: at seed
    rows, at axes, at a row's place among its siblings. Its program has the same operations in the
    same places, though one with a memory may be without.
    """
    unsure, fields = set[str](), set[str]()
    steps = []
    for step in recipe.steps:
        made = {*step.makes(), *step.rewrites()}
        asked = _asks(step, recipe.chains)
        read = {*step.object, *step.uses(), *_names(step.expressions().values())}
        chain = [
            one if _stays(one, step, asked, unsure) else _passed(one)
            for check in step.filters()
            for one in opened(check, recipe.chains)
        ]
        if asked or read & unsure or (step.templates() and unsure):
            unsure |= made
        fields |= step.numbered()
        changes: dict[str, object] = {step.chain_key: tuple(chain)} if chain else {}
        if step.keep and not _sure(step.keep, unsure, fields):
            changes["keep"] = "true"
        steps.append(step.model_copy(update=changes) if changes else step)
    return recipe.model_copy(update={"steps": tuple(steps)})


def _asks(step: Verb, chains: Mapping[str, Sequence[Check]]) -> bool:
    checks = [one for check in step.filters() for one in opened(check, chains)]
    return step.asks() is not None or any(one.asks() is not None for one in checks)


def _stays(check: Check, step: Verb, asked: bool, unsure: set[str]) -> bool:
    if isinstance(check, First):
        return True
    return not asked and unsure.isdisjoint((*step.object, *check.uses()))


def _passed(check: Check) -> Filter:
    if not isinstance(check, AskingFilter):
        return _Passing()
    made = _PassingAsking(model=check.model)
    made._asks_as = check
    return made


def _sure(source: str, unsure: set[str], fields: set[str]) -> bool:
    return all(
        name not in unsure or (read and fields.issuperset(f"{name}.{field}" for field in read))
        for name, read in expression_names(source).items()
    )


def _names(sources: Iterable[str]) -> set[str]:
    return {name for source in sources for name in expression_names(source)}
