"""What the calls of a session came to, all together and for each model."""

from dataclasses import dataclass, field

from sofrito.run.prices import Tariff
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused, Transient


@dataclass
class Bill:
    """A model's tries, answers, tokens and dollars; ``unpriced`` answers cost what nobody knows."""

    tries: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0


@dataclass
class Totals:
    """What the calls of a session came to; tokens are the teachers' own counts."""

    asked: int = 0
    hits: int = 0
    tries: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    models: dict[str, Bill] = field(default_factory=dict)

    @property
    def usd(self) -> float:
        """Dollars of all answers whose price is known."""
        return sum(bill.usd for bill in self.models.values())

    @property
    def unpriced(self) -> int:
        """Answers that cost what nobody knows."""
        return sum(bill.unpriced for bill in self.models.values())

    def tried(
        self, model: str, outcome: Result | Refused | Transient | None, tariff: Tariff | None
    ) -> float | None:
        """Count a try and what came of it; return its dollars, None where nobody knows them."""
        bill = self.models.get(model)
        if bill is None:
            bill = self.models[model] = Bill()
        self.tries += 1
        bill.tries += 1
        if outcome is None or isinstance(outcome, Transient | Refused):
            return 0.0
        self.answered += 1
        bill.answered += 1
        self.prompt_tokens += outcome.prompt_tokens
        self.completion_tokens += outcome.completion_tokens
        bill.prompt_tokens += outcome.prompt_tokens
        bill.completion_tokens += outcome.completion_tokens
        usd = self.cost(outcome, tariff)
        if usd is None:
            bill.unpriced += 1
        else:
            bill.usd += usd
        return usd

    @staticmethod
    def cost(answer: Result, tariff: Tariff | None) -> float | None:
        """Return the dollars of an answer; None where the price or the token counts are not known."""
        if tariff is None:
            return None
        if not answer.prompt_tokens and not answer.completion_tokens and not tariff.free:
            return None
        return tariff.usd(answer.prompt_tokens, answer.completion_tokens)
