"""How a teacher samples."""

from typing import Annotated, Any

from pydantic import Field

from sofrito.recipe.base import Part, Strings


class Sampling(Part):
    """Sampling parameters; what is not set is the backend's documented default."""

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

    def chosen(self) -> dict[str, Any]:
        """Return only what the recipe set, as it goes into the call and its key."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in sorted(self.model_fields_set)
            if (value := getattr(self, name)) is not None
        }

    @property
    def stochastic(self) -> bool:
        """Whether two calls with different seeds may be answered differently."""
        return self.temperature != 0
