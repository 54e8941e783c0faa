"""The card of a recipe in the gallery: what it makes, from what, at what price, and what that looks like."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sofrito.recipe.base import Part


class CardTeacher(Part):
    """The model that made the sample rows and the figures."""

    example: ClassVar[Mapping[str, Any]] = {"model": "qwen3-32b", "license": "Apache-2.0"}

    model: str = Field(min_length=1)
    """The model's name, as its maker writes it."""

    license: str = ""
    """The licence or the terms of the model."""

    backend: str = ""
    """What ran it, as recipes name it: `llama.cpp`, `openai`, `transformers`."""


class CardCost(Part):
    """What 1,000 rows take, as a run of the recipe counted it."""

    example: ClassVar[Mapping[str, Any]] = {"calls": 3100, "tokens": 1900000, "usd": 0.8}

    calls: int | None = Field(default=None, ge=0)
    """Calls to teachers."""

    tokens: int | None = Field(default=None, ge=0)
    """Tokens read and written by teachers."""

    usd: float | None = Field(default=None, ge=0)
    """US dollars; 0 where every model ran on a machine of one's own."""

    minutes: float | None = Field(default=None, ge=0)
    """Minutes on the machine that `on` names."""

    on: str = ""
    """The machine or the server that the minutes were measured on."""


class GalleryCard(Part):
    """A recipe's card in the gallery: `card.yaml` in the recipe's folder."""

    example: ClassVar[Mapping[str, Any]] = {"name": "tea-questions", "license": "CC0-1.0"}

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The recipe's name in the gallery: lower case, digits and hyphens."""

    title: str = Field(min_length=1)
    """What the recipe makes, in one line."""

    description: str = ""
    """More about it: for what, and for what not."""

    author: str = Field(min_length=1)
    """Who wrote it."""

    license: str = Field(min_length=1)
    """The licence of the recipe and its files, as an SPDX identifier."""

    data_license: str = ""
    """The licence of the rows that it makes, where the teacher's terms or the seeds settle it."""

    version: str = Field(pattern=r"^[0-9]+\.[0-9]+(\.[0-9]+)?$")
    """The version of the recipe, such as 1.0; in quotes, for 1.10 is not 1.1."""

    sofrito: str = Field(default="", pattern=r"^$|^>=[0-9]+\.[0-9]+(\.[0-9]+)?$")
    """The oldest Sofrito that runs it, as `>=0.4`."""

    tags: tuple[str, ...] = ()
    """Words by which it is found."""

    data: Literal[
        "instructions", "conversations", "preferences", "rewards", "text", "documents", "tools"
    ]
    """What kind of rows it makes."""

    languages: tuple[str, ...] = ()
    """The languages of the rows, as ISO 639 codes: en, de."""

    source: str = ""
    """The paper or page that it follows."""

    teacher: CardTeacher | None = None
    """The model that made the sample rows and the figures."""

    rows: int | None = Field(default=None, ge=1)
    """Rows that the recipe makes as it is."""

    cost: CardCost | None = None
    """What 1,000 rows take."""

    checksums: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = {}
    """The SHA-256 of every file, in hex, by its path below the recipe's folder."""

    samples: tuple[dict[str, Any], ...] = Field(default=(), max_length=10)
    """A few rows as they came out, not chosen by hand."""
