"""How a teacher samples."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from sofrito.recipe.base import Part
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Strings

Bias = Annotated[float, Field(ge=-100, le=100)]


class Sampling(Part):
    """Sampling parameters.

    Where one is not set, a model on this machine has temperature 0.7, max_tokens 512, and nothing
    else that changes the odds; a server has defaults of its own, but max_tokens 512.
    """

    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    """0 takes the likeliest token each time; then the answer has no seed, and equal prompts share \
one call."""

    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Samples from the likeliest tokens whose probabilities add up to this."""

    top_k: Annotated[int, Field(ge=0)] | None = None
    """Samples from so many of the likeliest tokens; 0 from all."""

    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    """Drops tokens less likely than this share of the likeliest one's probability."""

    max_tokens: Annotated[int, Field(ge=1)] | None = None
    """Tokens an answer may have; a longer one is cut."""

    stop: Strings | None = None
    """Texts at which the answer ends; they are not part of it."""

    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    """Lowers the odds of tokens that came before, once."""

    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    """Lowers the odds of tokens by how often they came before."""

    repeat_penalty: Annotated[float, Field(gt=0, le=3)] | None = None
    """Divides the odds of tokens that came before; 1 changes nothing."""

    logit_bias: Annotated[dict[str, Bias], Field(min_length=1)] | None = None
    """Added to the odds of tokens before one is drawn: -100 forbids one, 100 all but forces it. A \
key of digits is a token's id, `{50256: -100}`; another is a text that is one token of an embedded \
model."""

    @field_validator("logit_bias")
    @classmethod
    def _names_tokens(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if "" in (value or {}):
            raise fault("pattern", "an empty text in `logit_bias` is no token", "Remove it.")
        return value

    def chosen(self) -> dict[str, Any]:
        """Return only what the recipe set, as it goes into the call and its key."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in sorted(self.model_fields_set)
            if (value := getattr(self, name)) is not None
        }

    @property
    def biased_texts(self) -> tuple[str, ...]:
        """The keys of `logit_bias` that are texts and no ids of tokens."""
        return tuple(key for key in self.logit_bias or () if not is_token_id(key))

    @property
    def stochastic(self) -> bool:
        """Whether two calls with different seeds may be answered differently."""
        return self.temperature != 0


def is_token_id(key: str) -> bool:
    """Say whether a key of `logit_bias` is the id of a token: ASCII digits and nothing else."""
    return key.isascii() and key.isdecimal()
