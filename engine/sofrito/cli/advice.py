"""What loses a run the most rows, and what its user can do about it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Recipe
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either, sentence
from sofrito.run.ledger import Ledger

HALF = 0.5
_FEW = 2
_CHOSEN = "first: "
"""How the reasons of the filter begin that takes a few of many."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The rows that a step lost for one reason: their count, and those that came to the step or out of it.

    Of siblings that a step closes, the row they came out of counts, once.
    """

    step: int
    name: str
    reason: str
    count: int
    of: int
    failed: bool


def most_lost(recipe: Recipe, ledger: Ledger) -> Loss | None:
    """Return the main loss of the step that lost the largest share of what reached it.

    A share of few rows counts for less, and of shares within a tenth of each other the earliest
    step's is taken. Siblings that had to go for another to be taken are no loss. None where none was
    lost.
    """
    losses = [one for one in _losses(ledger, _selecting(recipe)) if one.count > 0]
    lost = _by_step(losses)
    return max(
        losses,
        key=lambda loss: (
            round(lost[loss.step] / (loss.of + _FEW), 1),
            -loss.step,
            loss.count,
        ),
        default=None,
    )


def _by_step(losses: Iterable[Loss]) -> Counter[int]:
    lost = Counter[int]()
    for loss in losses:
        lost[loss.step] += loss.count
    return lost


def _losses(ledger: Ledger, selecting: Collection[int] = ()) -> Iterator[Loss]:
    """Yield what was lost; in ``selecting`` steps without what left a sibling that went further."""
    pairs = zip(ledger.names[1:], ledger.tallies[1:], strict=True)
    for step, (name, tally) in enumerate(pairs):
        of = tally.entered + tally.made - tally.joined
        for failed, reasons in ((False, tally.rejected), (True, tally.failed)):
            for reason, count in reasons.items():
                chosen = step in selecting or reason.startswith(_CHOSEN)
                lost = count - tally.spare[reason] if chosen else count
                yield Loss(step, name, reason, lost, of, failed)


def _selecting(recipe: Recipe) -> set[int]:
    """Return the steps in which a row is one of several of which not all are wanted."""
    found: set[int] = set()
    opened: list[int] = []
    for index, step in enumerate(recipe.steps):
        if step.fans_out():
            opened.append(index)
        if step.closes() and opened:
            found.update(range(opened.pop(), index))
        if step.looks_at_siblings():
            found.add(index)
    return found


def advice(recipe: Recipe, ledger: Ledger) -> str:
    """Return what loses the most rows and what to do about it; "" where none was lost."""
    loss = most_lost(recipe, ledger)
    if loss is None:
        return ""
    if loss.step == len(recipe.steps):
        what = f"{loss.count:,} of {loss.of:,} rows could not be written ({loss.reason})"
        return f"Most rows are lost in the output: {what}. Correct it, or what makes its columns."
    what, fix = _told(loss, recipe.steps[loss.step])
    small = " A larger teacher than the embedded one loses fewer." if starters(recipe) else ""
    lost = _by_step(_losses(ledger, _selecting(recipe)))
    begin = f"Most rows are lost in `{loss.name}`"
    if lost[loss.step] < max(lost.values()):
        begin = f"Of the rows that reach it, `{loss.name}` loses the most"
    return f"{begin}: {what}. {fix}{small}"


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
    models = [recipe.model(name) for name in asked]
    return any(one.model == "local" and one.backend == "llama.cpp" for one in models)


def _told(loss: Loss, step: Verb) -> tuple[str, str]:
    """Return what became of the rows, and what to do, for a loss in a step."""
    many = f"{loss.count:,} of {loss.of:,}"
    longest = step.longest_answer()
    match loss.reason:
        case "truncated":
            at = f"at {longest:,} tokens" if longest else "by `max_tokens`"
            return f"{many} answers were cut off {at}", _uncut(step)
        case "unparseable" if getattr(step, "parse", "") == "text":
            fix = "Look at such a prompt with `sofrito show`, and at `stop`, where an answer ends."
            return f"{many} answers were empty", fix
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
