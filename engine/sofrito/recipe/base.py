"""What every part of a recipe is built from: frozen models, and what they tell of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of the recipe. Its fields are the YAML's keys, the docstrings under them the help.

    ``example`` is one as a recipe has it, for the help and for who wrote something else there. Of the
    keys ``one_of``, where there are any, one at least must be there.
    """

    example: ClassVar[Mapping[str, Any]] = {}
    one_of: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, populate_by_name=True, strict=False
    )


Key = tuple[str | int, ...]
"""Where something stands in a mapping: the keys and indices that lead to it."""


Need = Literal["complete", "turn", "biased texts", "score", "weigh", "embed"]
"""What a model may have to do: answer a prompt, write the user's turn, heed a `logit_bias` of texts, \
score a text, weigh labels, make vectors."""


@dataclass(frozen=True)
class PoolDraw:
    """What a step draws from a seed pool for each row."""

    pool: str
    rows: int
    where: str = ""
    grown: bool = False
    fill: bool = False


@dataclass(frozen=True)
class Load:
    """What one row costs at a step and what comes of it, as far as the recipe alone tells.

    ``calls`` are asked for it if every answer fits, ``most_calls`` whatever happens. ``rows`` are the
    least and the most that come of it if none is rejected. An answer has about ``written`` tokens
    (a guess), and never more than ``most_written``. None is what the recipe does not bound.
    """

    calls: int = 0
    most_calls: int | None = 0
    rows: tuple[int, int] | None = (1, 1)
    written: int = 0
    most_written: int | None = 0


@dataclass(frozen=True)
class HeadFacts:
    """What the heads of the library's files that a step names tell of it.

    ``records`` and ``ranges`` are as :class:`Verb` has them, ``faults`` what cannot be and what to do
    instead, by the path of its key.
    """

    records: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    faults: Mapping[Key, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """What a template is about, and is in vain if it does not show it.

    It does if it reads one of ``names``, each a name or `name.field`; any name at all, where there are
    none. Else ``what`` and ``fix`` tell it, at a key of the step, and at ``item`` in its value. One
    that is ``listed`` is a list instead, by the one name: the template must not print it as it is.
    """

    names: tuple[str, ...]
    what: str
    fix: str
    at: Key
    item: str = ""
    listed: bool = False


@dataclass(frozen=True)
class Fragment:
    """A text that must stand in a column: as whole words, or anywhere; in this or in any case."""

    text: str
    words: bool = False
    any_case: bool = False
