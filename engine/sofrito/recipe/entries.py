"""A filter and an output format as they are written: entries of a chain and of `write`."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from sofrito.recipe.base import Fragment, HeadFacts, Key, Need, Part
from sofrito.recipe.value_types import Listed, ValueType


class Check(Part):
    """A filter as written in a chain: `{length: {words: [4, 150]}}`, or its bare name.

    ``package`` is one that it needs and that only the ``extra`` brings. ``unequal`` says that it keeps
    one of equal siblings.
    """

    filter: ClassVar[str]
    shorthand: ClassVar[str] = ""
    siblings: ClassVar[bool] = False
    remembers: ClassVar[bool] = False
    unequal: ClassVar[bool] = False
    package: ClassVar[str] = ""
    extra: ClassVar[str] = ""

    def library_files(self) -> Mapping[Key, tuple[str, str]]:
        """The files of the library that the filter names, as (folder, name) by the path of their key."""
        return {}

    def extra_names(self) -> frozenset[str]:
        """Names that these files see beside the row's columns."""
        return frozenset()

    def facts(self, heads: Mapping[Key, Part]) -> HeadFacts:  # noqa: ARG002
        """What is known of the filter with the heads of these files, those that are sound."""
        return HeadFacts()

    def asks(self) -> str | None:
        """The model that the filter asks, "" for the recipe's default; None where it asks none."""
        return None

    def needs(self) -> tuple[Need, ...]:
        """What the model that the filter asks must be able to do."""
        return ()

    def calls(self, columns: int) -> int | None:  # noqa: ARG002
        """The calls that the filter asks for a row with so many columns to look at, None if unknown."""
        return 0 if self.asks() is None else None

    def uses(self) -> tuple[str, ...]:
        """The columns that the filter reads beside those it is asked about."""
        return ()

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """What the filter measures of every column, with the least and the most that pass."""
        return {}

    def leaves(self) -> float:
        """How many of a row's siblings are left at most."""
        return math.inf

    def wanted(self) -> tuple[tuple[Fragment, ...], ...]:
        """Texts without which nothing passes: of each group, one must stand in some column."""
        return ()

    def refuses(self, fragment: Fragment) -> bool:  # noqa: ARG002
        """Whether no column in which a text stands can pass; False where that is not certain."""
        return False

    def passes(self, values: Mapping[str, Any], columns: tuple[str, ...]) -> bool | None:  # noqa: ARG002
        """Whether a row with these values in some columns passes, None where they do not tell it."""
        return None

    def pools(self) -> tuple[str, ...]:
        """The seed pools that the filter compares with."""
        return ()

    def pool_columns(self) -> tuple[str, ...]:
        """The columns of these pools that it reads, those of the step's where it does not say."""
        return ()

    def chains(self) -> tuple[str, ...]:
        """The named chains that the filter stands for."""
        return ()


class Writer(Part):
    """An output format as written under `write`: its options map the format's fields to columns."""

    format: ClassVar[str]
    shorthand: ClassVar[str] = ""
    null_if_absent: ClassVar[bool] = False
    """Whether a row without one of the columns is written too, with null in its place."""
    apart: ClassVar[tuple[str, ...]] = ()
    """The fields of which no two may name the same column."""

    answers: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The fields that are answers, each with a field that it answers."""

    where: str = ""
    """An expression; only rows for which it is true are written in this format."""

    def uses(self) -> tuple[str, ...]:
        """The columns that the format needs."""
        return ()

    def wants(self) -> Mapping[str, ValueType]:
        """The columns that the format can only write if their values are of a type."""
        return {}

    def lists(self) -> Mapping[str, Listed]:
        """The columns that the format can only write if they hold lists of records, and of which."""
        return {}

    def texts(self) -> tuple[str, ...]:
        """The columns that the format writes as texts, whatever they hold."""
        return ()

    def needs_values(self) -> tuple[str, ...]:
        """The columns of which each must have a value, so that the format does not leave the row out."""
        return ()

    def optional(self) -> tuple[str, ...]:
        """The columns that the format writes if there are any."""
        return ()

    def holds_for(self) -> Mapping[str, str]:
        """Columns that hold for the value that another one, given with each, had when they were made."""
        return {}

    def remedies(self) -> Mapping[str, str]:
        """What to do where nothing makes a column that the format needs, by column, where that is known."""
        return {}
