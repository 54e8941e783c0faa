"""How a model in this process samples: the defaults, and the options of one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble

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


def most_written(sampling: Mapping[str, Any]) -> int:
    """Return the most tokens that an answer to a call of that sampling has."""
    return int(sampling.get("max_tokens") or DEFAULTS["max_tokens"])


def options_of(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's sampling with the defaults for what it leaves out."""
    return {**DEFAULTS, **{name: value for name, value in sampling.items() if value is not None}}


def stops_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts that end an answer, of options that may name one or several."""
    stop = options.get("stop") or ()
    return tuple(text for text in ([stop] if isinstance(stop, str) else stop) if text)


def context_of(path: Path, trained: int | None, asked: int | None) -> int:
    """Return a model's context in tokens; Trouble where more is asked for than it was made for."""
    most = trained or MOST_CONTEXT
    if asked is not None and trained and asked > trained:
        raise Trouble(
            f"The recipe asks for a context of {asked} tokens, but {path} was made for {trained}.",
            f"Set `context` to {trained} or less.",
        )
    return asked or min(most, MOST_CONTEXT)


def biases_of(
    wanted: Mapping[str, float], encode: Callable[[str], list[int]], size: int
) -> dict[int, float]:
    """Return logit biases by token, given them by a text or by the token's number.

    ``size`` is how many tokens there are. Trouble for a text that is not one token and for a
    number that no token has.
    """
    found: dict[int, float] = {}
    for text, bias in wanted.items():
        number = text.removeprefix("-")
        if number.isascii() and number.isdecimal():
            if not 0 <= int(text) < size:
                raise Trouble(
                    f"`logit_bias`: there is no token {text}; the model's have the numbers 0 to "
                    f"{size - 1}.",
                    "Name the token by its text, or look its number up in the model's vocabulary.",
                )
            found[int(text)] = float(bias)
            continue
        tokens = encode(text)
        if len(tokens) != 1:
            raise Trouble(
                f"`logit_bias`: {text!r} is not one token of the model but {len(tokens)}.",
                "Bias a text that is one token (a leading space counts), or a token's number.",
            )
        found[tokens[0]] = float(bias)
    return found
