"""Log-probabilities as servers tell them: of an answer, of a text, of the labels of a scale."""

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from sofrito.teachers.result import Scored, SoftLabels, Weighed
from sofrito.teachers.teacher import Refused

Place = tuple[str, float | None, list[tuple[str, float]]]
"""A token, its log-probability, and the likeliest tokens there, likeliest first."""

SHARED = 0.01
"""The share of the labels' probability that may lie on beginnings that several of them have."""


MALFORMED = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, struct.error)
"""What the functions below raise for a choice of another shape."""


class NoLogprobs(Exception):
    """The server was asked for log-probabilities and told none."""


class SharedBeginning(Exception):
    """Labels begin with the same token, the argument, so that their probabilities cannot be told."""


class Misaligned(Exception):
    """The server shows more tokens than it tells log-probabilities of: they are of other tokens."""


def places(choice: Any) -> list[Place]:
    """Return the tokens of a choice; raises NoLogprobs, and MALFORMED for other shapes.

    Chats tell them as a list, raw completions as three lists, and llama.cpp's server as a list for
    both.
    """
    told = choice.get("logprobs")
    if not told:
        raise NoLogprobs
    if told.get("content") is not None:
        return [
            (at["token"], at["logprob"], [(t["token"], t["logprob"]) for t in at["top_logprobs"]])
            for at in told["content"]
        ]
    tokens, own = told.get("tokens"), told.get("token_logprobs")
    if not tokens or not own:
        raise NoLogprobs
    tops = told.get("top_logprobs") or [None] * len(tokens)
    return [
        (token, logprob, sorted((top or {}).items(), key=lambda pair: -pair[1]))
        for token, logprob, top in zip(tokens, own, tops, strict=True)
    ]


def soft_labels(choice: Any, text: str, k: int) -> SoftLabels:
    """Return the ``k`` likeliest tokens at each place; fewer are filled up with "" at minus infinity."""
    if not text and not choice.get("logprobs"):
        return SoftLabels(k, "", b"", b"", b"", b"")
    found = places(choice)
    if found and not any(top for _, _, top in found):
        raise NoLogprobs
    top = [_exactly(k, top) for _, _, top in found]
    return SoftLabels(
        k,
        tokenizer="",
        written=b"",
        written_logprobs=_halves(-math.inf if own is None else own for _, own, _ in found),
        ids=b"",
        logprobs=_halves(logprob for at in top for _, logprob in at),
        written_texts=tuple(token for token, _, _ in found),
        texts=tuple(token for at in top for token, _ in at),
    )


def scored(choice: Any, text: str, prompt_tokens: int, completion_tokens: int) -> Scored | None:
    """Return the score of ``text``, which was echoed with at most one token more behind it.

    That token is proof that each number belongs to its token: llama_cpp's own server tells those of
    the tokens before, one fewer than it shows. None where nothing was added, and so nothing proven.
    Raises Misaligned.
    """
    shown = [token for token, _, _ in places(choice)]
    if sum(map(len, shown)) < len(choice["text"]):
        raise Misaligned
    if len(choice["text"]) <= len(text):
        return None
    own = [logprob for _, logprob, _ in places(choice)][:-1]
    known = own[1:] if own and own[0] is None else own
    if None in known:
        raise NoLogprobs
    return Scored(struct.pack(f"<{len(known)}f", *known), prompt_tokens, completion_tokens)


def weighed(
    choice: Any, labels: Sequence[str], prompt_tokens: int, completion_tokens: int
) -> Weighed:
    """Return the labels' probabilities from the likeliest first tokens of an answer.

    A token counts for the label that begins with it, white space around it aside; one that is a
    label and begins others too, such as 1 and 10, for itself where the others are tokens as well.
    Raises NoLogprobs, SharedBeginning, and Refused where no label is among the likeliest tokens.
    """
    found = places(choice)
    if not found or not found[0][2]:
        raise NoLogprobs
    exact = {token.strip() for token, _ in found[0][2]}
    sums, shared = dict.fromkeys(labels, 0.0), dict[str, float]()
    for token, logprob in found[0][2]:
        beginning = token.strip()
        of = [label for label in labels if beginning and label.startswith(beginning)]
        if beginning in of and exact.issuperset(of):
            of = [beginning]
        if len(of) == 1:
            sums[of[0]] += math.exp(logprob)
        elif of:
            shared[beginning] = shared.get(beginning, 0.0) + math.exp(logprob)
    mass = sum(sums.values())
    if sum(shared.values()) > SHARED * (mass + sum(shared.values())):
        raise SharedBeginning(max(shared, key=lambda token: shared[token]))
    if not mass:
        raise Refused("no label", "none of the labels is among the likeliest first tokens")
    shares = tuple(sums[label] / mass for label in labels)
    return Weighed(shares, min(mass, 1.0), prompt_tokens, completion_tokens)


def _exactly(k: int, top: list[tuple[str, float]]) -> list[tuple[str, float]]:
    ranked = sorted(top, key=lambda pair: -pair[1])[:k]
    return ranked + [("", -math.inf)] * (k - len(ranked))


def _halves(values: Iterable[float]) -> bytes:
    """Return log-probabilities as float16; what is below its range is minus infinity."""
    kept = [value if value > -65504 else -math.inf for value in values]
    return struct.pack(f"<{len(kept)}e", *kept)
