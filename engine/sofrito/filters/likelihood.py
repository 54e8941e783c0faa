"""How likely a model finds a text, from the log-probabilities of its tokens."""

import math
import struct

from sofrito.teachers.result import Result, Scored

# exp() of more overflows; no text of a model that works comes near.
_MOST = 709.0


def mean_loss(scored: Result) -> float | None:
    """Return the mean negative log-probability of a text's tokens, in nats; None if it has none."""
    assert isinstance(scored, Scored)
    count = len(scored.logprobs) // 4
    if not count:
        return None
    return -math.fsum(struct.unpack(f"<{count}f", scored.logprobs)) / count


def perplexity(loss: float) -> float:
    """Return exp of a mean loss, or of a difference of two."""
    return math.exp(min(loss, _MOST))
