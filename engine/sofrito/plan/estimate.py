"""What operations do to rows, seen or expected: calls, tokens, rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sofrito.recipe.asked import opened
from sofrito.recipe.base import Load
from sofrito.recipe.entries import Check
from sofrito.recipe.model import CHECKERS, Recipe

GUESSED_ROWS = 4
"""Rows that come of a list of which the recipe does not say how long it is."""

GUESSED_WRITTEN = 256
"""Tokens of an answer of a verb that says nothing of its length."""

CHARACTERS = 4
"""Characters of a token where no tokenizer is at hand, and tokens that frame a chat message."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A call to the recipe's ``model``: the tokens that it reads and writes."""

    model: str
    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Happening:
    """What an operation did to a row, or to a family of siblings.

    ``asked`` are its calls: groups one after the other, those of a group side by side. ``kept`` says
    of each row that came in whether it went on. Where a row became others, ``children`` is how many, and
    ``places`` are their numbers among the siblings, where some of these are lost.
    """

    asked: tuple[tuple[Cost, ...], ...] = ()
    kept: tuple[bool, ...] = (True,)
    children: int | None = None
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """A step as the recipe alone lets expect it: its load, with the calls of its filters.

    ``models`` are those asked, in the order of the calls: the verb's own, then its filters'. It
    ``opens`` siblings, or ``closes`` them. ``writes`` are the columns that it makes or changes.
    """

    load: Load
    models: tuple[str, ...]
    opens: bool = False
    closes: bool = False
    writes: tuple[str, ...] = ()

    @property
    def checks(self) -> bool:
        """Whether it runs programs or compares mathematics, and asks no model."""
        return bool(self.models) and {*self.models} <= {*CHECKERS}

    def happenings(self, read: int) -> tuple[Happening, ...]:
        """Return what may happen to a row, each as likely; a call reads ``read`` tokens."""
        written = self.load.written or (GUESSED_WRITTEN if self.load.most_written is None else 0)
        group = tuple(Cost(model, read, written) for model in self.models)
        asked = (group,) if group else ()
        if self.load.rows == (1, 1):
            return (Happening(asked),)
        least, most = self.load.rows or (GUESSED_ROWS, GUESSED_ROWS)
        return tuple(Happening(asked, children=n) for n in range(least, most + 1))


def expected(recipe: Recipe) -> tuple[Expected, ...]:
    """Return what to expect of each step of a recipe that was checked."""
    return tuple(_expected(recipe, index) for index in range(len(recipe.steps)))


def calls_of_candidate(recipe: Recipe) -> int:
    """Return how many calls of models a candidate asks for if nothing of it is lost."""
    calls, rows, before = 0, 1, list[int]()
    for one in expected(recipe):
        calls += rows * sum(model not in CHECKERS for model in one.models)
        if one.closes and before:
            rows = before.pop()
        elif one.opens:
            before.append(rows)
            rows *= one.load.rows[1] if one.load.rows else GUESSED_ROWS
    return calls


def _expected(recipe: Recipe, index: int) -> Expected:
    step = recipe.steps[index]
    load = step.load()
    model = recipe.model_for(step.asks() or "")
    others = (recipe.model_for(other) for other in step.also_asks().values())
    turns = tuple(dict.fromkeys((model, *others)))
    models = [turns[call % len(turns)] for call in range(load.calls)]
    most = load.most_calls
    for check in _filters(step.filters(), recipe.chains):
        if (asked := check.asks()) is None:
            continue
        calls, runs = check.calls(len(step.object)), step.chain_runs()
        models += [recipe.model_for(asked) if asked else model] * (calls or 1) * runs
        most = None if most is None or calls is None else most + calls * runs
    bounded = Load(len(models), most, load.rows, load.written, load.most_written)
    writes = (*step.makes(), *step.rewrites())
    return Expected(bounded, tuple(models), step.fans_out(), step.closes(), writes)


def _filters(checks: Sequence[Check], chains: Mapping[str, Sequence[Check]]) -> list[Check]:
    return [one for check in checks for one in opened(check, chains)]


def guessed_tokens(text: str) -> int:
    """Return about how many tokens a text has, by its length."""
    return -(-len(text) // CHARACTERS)
