"""What one try cost, told or assumed."""

from dataclasses import dataclass
from typing import TypeGuard

from sofrito.run.budget import Reserved
from sofrito.run.prices import Tariff
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Refused, Spent, Transient

Outcome = Result | Refused | Transient | None


@dataclass(frozen=True, slots=True)
class Charge:
    """Tokens and dollars of a try, as it counts against a budget.

    ``usd`` is None where nobody knows. ``assumed`` says that nobody told the tokens, so that what
    was reserved counts as used.
    """

    read: int = 0
    written: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    assumed: bool = False


def charge_of(
    outcome: Outcome, tariff: Tariff | None, reserved: Reserved, *, metered: bool
) -> Charge:
    """Return what a try cost; ``metered`` says that its teacher always counts its tokens.

    Without a budget of tokens or dollars nothing is reserved, and what nobody told counts as
    nothing, an answer's dollars as unknown.
    """
    spent = _spent(outcome, metered=metered)
    if spent is None and reserved.tokens:
        return Charge(tokens=reserved.tokens, usd=reserved.usd, assumed=True)
    read, written = spent or _told(outcome)
    if spent is None and not (tariff and tariff.free):
        return Charge(read, written, read + written, None if is_answer(outcome) else 0.0)
    return Charge(read, written, read + written, tariff.usd(read, written) if tariff else None)


def is_answer(outcome: Outcome) -> TypeGuard[Result]:
    """Whether a try brought what was asked for."""
    return outcome is not None and not isinstance(outcome, Transient | Refused)


def is_unknown(outcome: Outcome, *, metered: bool) -> bool:
    """Whether nobody told what a try cost that may have cost something."""
    return _spent(outcome, metered=metered) is None


def _spent(outcome: Outcome, *, metered: bool) -> Spent:
    if outcome is None:  # cancelled on its way: what a server read of it nobody knows
        return (0, 0) if metered else None
    if isinstance(outcome, Transient | Refused):
        return outcome.spent
    written = outcome.completion_tokens or not (isinstance(outcome, Answer) and outcome.text)
    return _told(outcome) if metered or (outcome.prompt_tokens and written) else None


def _told(outcome: Outcome) -> tuple[int, int]:
    return (outcome.prompt_tokens, outcome.completion_tokens) if is_answer(outcome) else (0, 0)
