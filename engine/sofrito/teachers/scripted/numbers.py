"""Made-up scores, probabilities and vectors."""

import math
import random
import re
import struct

import xxhash

from sofrito.teachers.call import Embed, Score, Weigh
from sofrito.teachers.result import Embedded, Scored, SoftLabels, Weighed

DIMENSIONS = 64
_VOCABULARY = 1 << 15


def made_up(call: Score | Weigh | Embed, rng: random.Random) -> Scored | Weighed | Embedded:
    """Return a result for a call, drawn from ``rng``; tokens are words.

    A vector is not drawn: it counts the text's words, so that texts alike are near each other.
    """
    match call:
        case Score():
            words = len(call.text.split())
            logprobs = struct.pack(f"<{words}f", *(-rng.expovariate(0.5) for _ in range(words)))
            return Scored(logprobs, words)
        case Weigh():
            weights = [rng.expovariate(1) for _ in call.labels]
            shares = tuple(weight / sum(weights) for weight in weights)
            return Weighed(shares, rng.random(), sum(len(m.content.split()) for m in call.messages))
        case Embed():
            return _vector(re.findall(r"\w+", call.text.lower()))


def made_up_soft_labels(tokens: list[str], k: int) -> SoftLabels:
    """Return soft labels for the tokens of an answer: a function of them, each the likeliest at its place."""
    ids: list[int] = []
    logprobs: list[float] = []
    for token in tokens:
        number = xxhash.xxh3_64_intdigest(token.encode())
        rng = random.Random(number)
        weights = sorted((rng.expovariate(1) for _ in range(k + 1)), reverse=True)
        logprobs += [math.log(weight / sum(weights)) for weight in weights[:k]]
        ids += [number % _VOCABULARY, *rng.sample(range(_VOCABULARY, 2 * _VOCABULARY), k - 1)]
    halves, written = struct.pack(f"<{len(logprobs)}e", *logprobs), ids[::k]
    return SoftLabels(
        k,
        "scripted",
        struct.pack(f"<{len(written)}i", *written),
        struct.pack(f"<{len(written)}e", *logprobs[::k]),
        struct.pack(f"<{len(ids)}i", *ids),
        halves,
    )


def _vector(words: list[str]) -> Embedded:
    counts = [0.0] * DIMENSIONS
    for word in words:
        number = xxhash.xxh3_64_intdigest(word.encode())
        counts[number % DIMENSIONS] += 1.0 if number >> 63 else -1.0
    length = math.hypot(*counts)
    if not length:
        counts[0] = length = 1.0
    return Embedded(struct.pack(f"<{DIMENSIONS}f", *(c / length for c in counts)), len(words))
