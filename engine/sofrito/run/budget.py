"""What a run may spend, reserved before each try."""

from dataclasses import dataclass

from sofrito.run.journal import Spent
from sofrito.teachers.call import Call, Completion, Embed, Weigh

DEFAULT_MAX_TOKENS = 512
_TEMPLATE = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a run may spend over all sessions, and this session may ask; None is no limit.

    ``minutes`` are of this session.
    """

    calls: int | None = None
    tokens: int | None = None
    minutes: float | None = None
    session_calls: int | None = None


class Budget:
    """Counts what is spent and what is reserved; a try that might go over is not made.

    Of earlier sessions it knows the tries of calls that were answered, as the journal does.
    """

    def __init__(self, limits: Limits, spent: Spent) -> None:
        self.limits = limits
        self.tries = 0
        self.tokens = 0
        self._before = spent
        self._reserved = 0

    def reserve(self, call: Call) -> int | None:
        """Reserve one try of a call and return its tokens, or None when the budget does not allow it."""
        tokens = most_tokens(call)
        if self.exhausted(tokens):
            return None
        self.tries += 1
        self._reserved += tokens
        return tokens

    def exhausted(self, tokens: int = 0) -> str:
        """Return which limit one more try of so many tokens would break, or ""."""
        limits, before = self.limits, self._before
        if limits.session_calls is not None and self.tries >= limits.session_calls:
            return f"--limit-calls {limits.session_calls}"
        if limits.calls is not None and before.calls + self.tries >= limits.calls:
            return f"budget.calls of {limits.calls:,}"
        used = before.tokens + self.tokens + self._reserved
        if limits.tokens is not None and used + tokens > limits.tokens:
            return f"budget.tokens of {limits.tokens:,}"
        return ""

    def settle(self, reserved: int, used: int) -> None:
        """Replace a reservation by what the try really used (0 for one that failed)."""
        self._reserved -= reserved
        self.tokens += used


def most_tokens(call: Call) -> int:
    """Return the most tokens a call may cost: a token a byte of what is read, and all its answer.

    ``_TEMPLATE`` stands for what a chat template adds.
    """
    messages = () if isinstance(call, Embed) else call.messages
    read = sum(_most(message.content) for message in messages)
    match call:
        case Completion():
            return read + _most(call.prompt) + _written(call)
        case Weigh():
            return read + sum(_most(label) for label in call.labels)
        case _:
            return read + _most(call.text)


def _most(text: str) -> int:
    return len(text.encode()) + _TEMPLATE if text else 0


def _written(call: Completion) -> int:
    return int(call.sampling.get("max_tokens", DEFAULT_MAX_TOKENS))
