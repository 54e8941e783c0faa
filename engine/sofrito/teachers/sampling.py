"""How a model in this process samples: the defaults, and the options of one call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "temperature": 0.7,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "max_tokens": 512,
    "stop": [],
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repeat_penalty": 1.0,
}
"""What holds where a recipe's ``sampling`` is silent; a library's own defaults never apply.

It is part of the identity, so that a new default makes new keys. ``top_k`` 0, ``top_p`` 1 and
``min_p`` 0 are off. Sampling without a seed draws as with seed 0.
"""

MOST_CONTEXT = 8192
"""Tokens of context where the recipe does not say; a model trained for fewer gets those."""

_NOT_OF_A_DRAW = ("max_tokens", "stop", "logit_bias")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; ``temperature`` 0 takes the likeliest, ``top_k`` 0 is off.

    Penalties look at the whole answer written so far and not at the prompt. ``biases`` are added
    to the logits of tokens. The order is llama.cpp's: biases, penalties, top_k, top_p, min_p,
    temperature.
    """

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    presence_penalty: float
    frequency_penalty: float
    repeat_penalty: float
    seed: int
    biases: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls, options: Mapping[str, Any], seed: int | None, biases: Mapping[int, float]
    ) -> "Sampling":
        """Return the sampling of a call whose ``options`` are complete."""
        own = {name: value for name, value in options.items() if name not in _NOT_OF_A_DRAW}
        return cls(**own, seed=seed or 0, biases=biases)

    @property
    def narrowed(self) -> bool:
        """Whether only some of the likeliest tokens may be drawn."""
        return self.top_k > 0 or self.top_p < 1 or self.min_p > 0

    @property
    def penalised(self) -> bool:
        """Whether what is written changes what is drawn next."""
        return (self.presence_penalty, self.frequency_penalty, self.repeat_penalty) != (0, 0, 1)


def options_of(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's sampling with the defaults for what it leaves out."""
    return {**DEFAULTS, **{name: value for name, value in sampling.items() if value is not None}}
