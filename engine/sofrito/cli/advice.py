"""What loses a run the most rows, and what its user can do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sofrito.recipe.asked import models_asked
from sofrito.recipe.base import Verb
from sofrito.recipe.model import Recipe
from sofrito.recipe.words import either, sentence
from sofrito.run.ledger import Ledger

HALF = 0.5


@dataclass(frozen=True, slots=True)
class Loss:
    """The rows that a step lost for one reason: their count, and those that came to the step or out of it."""

    step: int
    name: str
    reason: str
    count: int
    of: int
    failed: bool


def most_lost(ledger: Ledger) -> Loss | None:
    """Return what lost the most rows, the earliest of equals; None where none was lost."""
    return max(_losses(ledger), key=lambda loss: (loss.count, -loss.step), default=None)


def _losses(ledger: Ledger) -> Iterator[Loss]:
    pairs = zip(ledger.names[1:-1], ledger.tallies[1:-1], strict=True)
    for step, (name, tally) in enumerate(pairs):
        of = tally.entered + tally.made
        for failed, reasons in ((False, tally.rejected), (True, tally.failed)):
            for reason, count in reasons.items():
                yield Loss(step, name, reason, count, of, failed)


def advice(recipe: Recipe, ledger: Ledger) -> str:
    """Return what loses the most rows and what to do about it, as sentences; "" where none was lost."""
    loss = most_lost(ledger)
    if loss is None:
        return ""
    what, fix = _told(loss, recipe.steps[loss.step])
    small = " A larger teacher than the embedded one loses fewer." if starters(recipe) else ""
    return f"Most rows are lost in `{loss.name}`: {what}. {fix}{small}"


def cut_answers(recipe: Recipe, ledger: Ledger) -> str:
    """Return that most of a step's answers were cut, and what to do about it; "" where they were not."""
    cut = [one for one in _losses(ledger) if one.reason == "truncated" and one.count > 1]
    loss = max(cut, key=lambda one: one.count, default=None)
    if loss is None or loss.count < HALF * loss.of:
        return ""
    what, fix = _told(loss, recipe.steps[loss.step])
    return f"`{loss.name}`: {what}. {fix}"


def starters(recipe: Recipe) -> bool:
    """Say whether the embedded starter model is one of those that a recipe asks."""
    asked = [name for name in models_asked(recipe) if name]
    return any(recipe.model(name).model == "local" for name in asked)


def _told(loss: Loss, step: Verb) -> tuple[str, str]:
    """Return what became of the rows, and what to do, for a loss in a step."""
    many = f"{loss.count:,} of {loss.of:,}"
    longest = step.longest_answer()
    match loss.reason:
        case "truncated":
            at = f"at {longest:,} tokens" if longest else "by `max_tokens`"
            return f"{many} answers were cut off {at}", _uncut(step)
        case "unparseable" | "empty list" | "no topics":
            what = f"{many} answers do not have the shape asked for ({loss.reason})"
            return what, "Show the shape in the prompt, or ask for less at once."
        case "template" | "expression":
            return f"{many} rows failed ({loss.reason})", "Mend it: the list above has an example."
    if loss.failed:
        what = f"{many} rows failed ({loss.reason})"
        return what, "See why in the list above, and in `sofrito show` of such a row."
    return f"{many} rows were rejected ({loss.reason})", "Loosen that, or mend what comes into it."


def _uncut(step: Verb) -> str:
    """Return what keeps answers from being cut, or rows with a cut one from being lost."""
    ways = ["raise its `max_tokens`", "ask for shorter answers"]
    if getattr(step, "truncated", "") == "reject":
        match getattr(step, "parse", "text"):
            case "text" | "tags":
                ways.append("set `truncated: keep`")
            case "numbered_list" | "json_list":
                ways.append("set `truncated: drop_last`")
    return f"{sentence(either(ways))}."
