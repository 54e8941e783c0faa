"""Draws the next token of every row, each by its own rules and its own seed; needs torch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from sofrito.teachers.sampling import Sampling

LIKELIEST = 256
"""Tokens that are sorted first; only where a rule reaches further the whole vocabulary is."""

NEVER = float("-inf")


@dataclass(slots=True)
class Drawer:
    """One row's rules, its chance, and what it has drawn."""

    rules: Sampling
    chance: torch.Generator = field(init=False)
    drawn: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = torch.Generator().manual_seed(self.rules.seed % 2**64)

    def weigh(self, logits: torch.Tensor) -> None:
        """Apply bias and penalties to one row of logits, in place."""
        if self.rules.biases:
            ids = torch.tensor(list(self.rules.biases), device=logits.device)
            logits[ids] += torch.tensor(list(self.rules.biases.values()), device=logits.device)
        if self.rules.penalised and self.drawn:
            ids = torch.tensor(list(self.drawn), device=logits.device)
            times = torch.tensor(list(self.drawn.values()), device=logits.device)
            found, factor = logits[ids], self.rules.repeat_penalty
            found = torch.where(found > 0, found / factor, found * factor)
            found -= times * self.rules.frequency_penalty + self.rules.presence_penalty
            logits[ids] = found

    def take(self, token: int) -> None:
        """Remember that ``token`` was drawn."""
        self.drawn[token] = self.drawn.get(token, 0) + 1


def drawn(logits: torch.Tensor, drawers: Sequence[Drawer]) -> list[int]:
    """Return the next token of each row of ``logits`` (rows x vocabulary, float32, changed)."""
    for row, drawer in zip(logits, drawers, strict=True):
        drawer.weigh(row)
    tokens = logits.argmax(-1).tolist()
    chance = [i for i, d in enumerate(drawers) if d.rules.temperature > 0]
    for filtered in (False, True):
        rows = [i for i in chance if drawers[i].rules.narrowed == filtered]
        if rows:
            chosen = [drawers[i] for i in rows]
            drawn_here = _few(logits[rows], chosen) if filtered else _any(logits[rows], chosen)
            for i, token in zip(rows, drawn_here.tolist(), strict=True):
                tokens[i] = token
    for drawer, token in zip(drawers, tokens, strict=True):
        drawer.take(token)
    return [int(token) for token in tokens]


def _any(logits: torch.Tensor, drawers: Sequence[Drawer]) -> torch.Tensor:
    return _by_chance(logits / _column(logits, drawers, "temperature"), drawers)


def _few(logits: torch.Tensor, drawers: Sequence[Drawer]) -> torch.Tensor:
    """Draw from what ``top_k``, ``top_p`` and ``min_p`` leave."""
    size = logits.shape[-1]
    cut = max(drawer.rules.top_k for drawer in drawers)
    for most in (LIKELIEST, size) if cut <= LIKELIEST < size else (size,):
        best, ids = logits.topk(most)
        kept = _kept(logits, best, drawers)
        if most == size or not bool(kept[:, -1].any()):
            break
    best = best.masked_fill(~kept, NEVER) / _column(logits, drawers, "temperature")
    return ids.gather(1, _by_chance(best, drawers)[:, None])[:, 0]


def _kept(logits: torch.Tensor, best: torch.Tensor, drawers: Sequence[Drawer]) -> torch.Tensor:
    """Return which of the likeliest, sorted tokens may be drawn; always the likeliest."""
    rank = torch.arange(best.shape[-1], device=best.device)
    top_k = _column(best, drawers, "top_k")
    within = (top_k <= 0) | (rank < top_k)
    all_mass = logits.logsumexp(-1, keepdim=True)
    first_mass = best.masked_fill(~within, NEVER).logsumexp(-1, keepdim=True)
    # A cut by rank comes first, and what is left of it counts as all there is.
    share = (best - torch.where(top_k > 0, first_mass, all_mass)).exp()
    before = share.cumsum(-1) - share
    kept = within & (before < _column(best, drawers, "top_p"))
    kept &= share >= _column(best, drawers, "min_p") * share[:, :1]
    kept[:, 0] = True
    return kept


def _by_chance(logits: torch.Tensor, drawers: Sequence[Drawer]) -> torch.Tensor:
    """Return a column for each row, drawn by its softmax with the row's own chance."""
    heaps = logits.softmax(-1).cumsum(-1, dtype=torch.float64)
    luck = [torch.rand((), generator=d.chance, dtype=torch.float64) for d in drawers]
    at = torch.stack(luck).to(heaps.device)[:, None] * heaps[:, -1:]
    last = torch.searchsorted(heaps, heaps[:, -1:].contiguous())
    return torch.minimum(torch.searchsorted(heaps, at, right=True), last)[:, 0]


def _column(like: torch.Tensor, drawers: Sequence[Drawer], name: str) -> torch.Tensor:
    values: list[Any] = [getattr(drawer.rules, name) for drawer in drawers]
    return torch.tensor(values, device=like.device, dtype=torch.float32)[:, None]
