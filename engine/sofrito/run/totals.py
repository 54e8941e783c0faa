"""What the calls of a session came to, all together and for each model."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from sofrito.run.charge import Charge, Outcome, is_answer
from sofrito.teachers.call import Call, Check
from sofrito.teachers.result import Weighed

FAINT = 0.05
"""A model that gives the labels to weigh less than this together would have said something else."""


@dataclass
class Bill:
    """A model's tries, answers, tokens and dollars; ``unpriced`` answers cost what nobody knows.

    Of ``assumed`` tries nobody told the tokens: they count in a budget as what was reserved for
    them, and in ``usd`` so too, but in no count of tokens. Of the ``weighed`` answers, ``faint``
    have a mass below FAINT.
    """

    tries: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    assumed: int = 0
    weighed: int = 0
    faint: int = 0


@dataclass
class Totals:
    """What the calls of a session came to; tokens are the teachers' own counts.

    ``checks`` are the runs of programs and comparisons of mathematics, beside the calls ``asked``.
    """

    asked: int = 0
    hits: int = 0
    tries: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    models: dict[str, Bill] = field(default_factory=dict)
    checks: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        """Return what both came to."""
        names = dict.fromkeys((*self.models, *other.models))
        bills = {
            name: _sum(self.models.get(name, Bill()), other.models.get(name, Bill()))
            for name in names
        }
        counts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "models"}
        more = {name: count + getattr(other, name) for name, count in counts.items()}
        return Totals(**more, models=bills)

    @property
    def usd(self) -> float:
        """Dollars of all answers whose price is known."""
        return sum(bill.usd for bill in self.models.values())

    @property
    def unpriced(self) -> int:
        """Answers that cost what nobody knows."""
        return sum(bill.unpriced for bill in self.models.values())

    def doubts(self) -> Iterator[str]:
        """Say of each model whose median mass is below FAINT that its probabilities mean little."""
        for name, bill in self.models.items():
            if 2 * bill.faint > bill.weighed:
                yield (
                    f"`{name}` would have said something else: in {bill.faint:,} of "
                    f"{bill.weighed:,} answers it gave all the labels of `probabilities` together "
                    f"less than {FAINT:.0%}; tell it in the prompt which answers to choose from"
                )

    def launched(self, call: Call, count: int = 1) -> None:
        """Count a call that is asked, or by -1 one that was not made after all."""
        if isinstance(call, Check):
            self.checks += count
        else:
            self.asked += count

    def tried(self, model: str, outcome: Outcome, charge: Charge) -> None:
        """Count a try, what came of it and what it cost."""
        bill = self.models.get(model)
        if bill is None:
            bill = self.models[model] = Bill()
        self.tries += 1
        bill.tries += 1
        bill.assumed += charge.assumed
        self.prompt_tokens += charge.read
        self.completion_tokens += charge.written
        bill.prompt_tokens += charge.read
        bill.completion_tokens += charge.written
        bill.usd += charge.usd or 0.0
        if not is_answer(outcome):
            return
        if isinstance(outcome, Weighed):
            bill.weighed += 1
            bill.faint += outcome.mass < FAINT
        self.answered += 1
        bill.answered += 1
        bill.unpriced += charge.usd is None


def _sum(one: Bill, other: Bill) -> Bill:
    return Bill(*(getattr(one, f.name) + getattr(other, f.name) for f in fields(Bill)))
