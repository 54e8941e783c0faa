"""The keys and values of the tokens read so far, for rows that come and go; import it only where torch is."""

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

ROOM = 128
"""Tokens of room that are added at a time: with none, all cells would be copied at every token."""


class Cells(DynamicLayer):  # type: ignore[misc]
    """The cells of one layer, with room to grow: tensors of rows x heads x tokens x size.

    Layers with a sliding window use it too: what is out of the window is kept and masked.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self._stores: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in the cells of further tokens and return all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        used = int(self.get_seq_length())
        end = used + key_states.shape[-2]
        if not self._stores or self._stores[0].shape[-2] < end:
            held = (
                (self.keys, self.values) if used else (key_states[:, :, :0], value_states[:, :, :0])
            )
            self._stores = [_with_room(old, end + ROOM) for old in held]
        for store, new in zip(self._stores, (key_states, value_states), strict=True):
            store[:, :, used:end] = new
        self.keys, self.values = (store[:, :, :end] for store in self._stores)
        return self.keys, self.values

    def become(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Hold these cells instead."""
        self.keys, self.values, self._stores = keys, values, []


def cells() -> Cache:
    """Return an empty cache."""
    return Cache(layer_class_to_replicate=Cells)


def select(cache: Cache, rows: list[int], drop: int) -> None:
    """Keep these rows only, without their first ``drop`` tokens."""
    for layer in _held(cache):
        layer.become(layer.keys[rows, :, drop:], layer.values[rows, :, drop:])


def repeat(cache: Cache, times: int) -> None:
    """Make ``times`` rows of the one row."""
    for layer in _held(cache):
        layer.become(*(t.repeat(times, 1, 1, 1) for t in (layer.keys, layer.values)))


def join(cache: Cache, other: Cache) -> None:
    """Add the rows of ``other`` behind those of ``cache``; the shorter gets empty cells in front."""
    for mine, theirs in zip(_held(cache), _held(other), strict=True):
        width = max(mine.keys.shape[-2], theirs.keys.shape[-2])
        mine.become(
            *(
                torch.cat([_widened(a, width), _widened(b, width)])
                for a, b in ((mine.keys, theirs.keys), (mine.values, theirs.values))
            )
        )


def _widened(held: torch.Tensor, width: int) -> torch.Tensor:
    return torch.nn.functional.pad(held, (0, 0, width - held.shape[-2], 0))


def _with_room(held: torch.Tensor, tokens: int) -> torch.Tensor:
    store = held.new_empty((*held.shape[:2], tokens, held.shape[-1]))
    store[:, :, : held.shape[-2]] = held
    return store


def _held(cache: Cache) -> list[Cells]:
    return [layer for layer in cache.layers if layer.is_initialized]
