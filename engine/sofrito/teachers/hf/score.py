"""How likely texts and labels are to a model, without writing anything; needs torch."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from sofrito.teachers.hf.asked import ToScore, ToWeigh
from sofrito.teachers.hf.cells import cells, repeat
from sofrito.teachers.hf.load import Loaded
from sofrito.teachers.result import Scored, Weighed

READ = 4096
"""Tokens that are scored together, padding counted; at least one text always is."""

NUMBERS = 1 << 25
"""Logits in memory at once: 128 MB of them."""


def groups(texts: list[ToScore], most: int) -> Iterator[list[int]]:
    """Yield the places of texts to be scored together: at most ``most``, of about equal length."""
    by_length = sorted(range(len(texts)), key=lambda i: -_length(texts[i]))
    while by_length:
        fit = max(1, min(most, READ // max(1, _length(texts[by_length[0]]))))
        yield by_length[:fit]
        by_length = by_length[fit:]


def scored(loaded: Loaded, texts: list[ToScore]) -> list[Scored]:
    """Score texts together; they are padded on the right, where no token looks."""
    rows = [[*text.before, *text.text] for text in texts]
    width = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows], device=loaded.device)
    first = max(0, min(len(text.before) for text in texts) - 1)
    found = [_logprobs(loaded, tokens, first)] if width > first + 1 else []
    # Column j is the log-probability of the token at first + 1 + j.
    table = found[0].cpu().numpy() if found else np.zeros((len(rows), 0), np.float32)
    results = []
    for text, row, its in zip(texts, rows, table, strict=True):
        start = max(len(text.before), 1) - first - 1
        own = its[start : len(row) - first - 1] if text.text else its[:0]
        results.append(Scored(own.astype("<f4").tobytes(), len(row)))
    return results


def weighed(loaded: Loaded, asked: ToWeigh) -> Weighed:
    """Weigh each label as a whole answer: its tokens and one of those that end an answer."""
    logs = [
        log
        for start in range(0, len(asked.labels), _at_once(loaded, asked))
        for log in _labels(loaded, asked, start)
    ]
    best = max(logs)
    shares = [math.exp(log - best) for log in logs]
    read = len(asked.prompt) + sum(map(len, asked.labels))
    return Weighed(
        tuple(share / sum(shares) for share in shares),
        min(1.0, sum(map(math.exp, logs))),
        read,
    )


def _length(text: ToScore) -> int:
    return len(text.before) + len(text.text)


def _at_once(loaded: Loaded, asked: ToWeigh) -> int:
    longest = max(map(len, asked.labels))
    return max(1, NUMBERS // (loaded.vocabulary * max(1, longest))) if loaded.plain else 1


def _labels(loaded: Loaded, asked: ToWeigh, start: int) -> list[float]:
    """Return the log-probability of the labels from ``start`` on, as many as go at once."""
    labels = asked.labels[start : start + _at_once(loaded, asked)]
    width = len(asked.prompt)
    longest = max(map(len, labels))
    rows = [[*asked.prompt, *label, *[0] * (longest - len(label))] for label in labels]
    tokens = torch.tensor(rows, device=loaded.device)
    if loaded.plain:
        # The prompt is read once for all labels.
        cache = cells()
        head = _forward(loaded, tokens[:1, :width], 0, cache, last=True)
        repeat(cache, len(labels))
        tail = _forward(loaded, tokens[:, width:], width, cache) if longest else head[:, :0]
        logits = torch.cat([head.expand(len(labels), -1, -1), tail.expand(len(labels), -1, -1)], 1)
    else:
        logits = _forward(loaded, tokens, 0, None)[:, width - 1 :]
    logprobs = logits.float().log_softmax(-1)
    ends = torch.tensor(sorted(asked.ends), device=loaded.device)
    found = []
    for its, label in zip(logprobs, labels, strict=True):
        said = sum(float(its[i, token]) for i, token in enumerate(label))
        found.append(said + float(its[len(label), ends].logsumexp(-1)))
    return found


def _logprobs(loaded: Loaded, tokens: torch.Tensor, first: int) -> torch.Tensor:
    """Return the log-probability of each token behind place ``first``, read piece by piece."""
    width = tokens.shape[1]
    piece = max(1, NUMBERS // (loaded.vocabulary * len(tokens))) if loaded.plain else width
    cache = cells() if loaded.plain else None
    if first and loaded.plain:
        _forward(loaded, tokens[:, :first], 0, cache, last=True)
    parts = []
    for start in range(first if loaded.plain else 0, width - 1, piece):
        end = min(start + piece, width - 1)
        logits = _forward(loaded, tokens[:, start:end], start, cache).float()
        said = tokens[:, start + 1 : end + 1, None]
        parts.append(logits.log_softmax(-1).gather(2, said)[..., 0])
    whole = torch.cat(parts, 1)
    return whole if loaded.plain else whole[:, first:]


def _forward(
    loaded: Loaded, tokens: torch.Tensor, start: int, cache: Any, *, last: bool = False
) -> torch.Tensor:
    """Return the logits at each of ``tokens``, whose first stands at ``start``; or at the ``last``."""
    rows, width = tokens.shape
    given: dict[str, Any] = {"input_ids": tokens, "use_cache": cache is not None}
    given["attention_mask"] = torch.ones(
        (rows, start + width), dtype=torch.long, device=tokens.device
    )
    if cache is not None:
        given[loaded.cache_name] = cache
    if "position_ids" in loaded.takes:
        places = torch.arange(start, start + width, device=tokens.device)
        given["position_ids"] = places[None, :].expand(rows, -1)
    if last and "logits_to_keep" in loaded.takes:
        given["logits_to_keep"] = 1
    logits: torch.Tensor = loaded.model(**given).logits
    return logits[:, -1:] if last else logits
