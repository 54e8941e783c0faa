"""What is known of the values of columns."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ValueType = Literal["text", "number", "boolean", "list", "record"]

WORDS: Mapping[ValueType, str] = {
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "record": "a record",
}

CLASSES: Mapping[ValueType, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "list": (list, tuple),
    "record": (dict,),
}
"""The Python types that values of a type have."""

_DENSE = "\u0e00"
"""The first letter of scripts without spaces."""


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of a column's values, null apart: their type and, of a closed list, which.

    ``seen`` are the texts of all rows there are, "" for null: of seeds, which may become more.
    ``items`` is the type of all items of lists, ``characters`` are the least and the most that a
    text has. ``fields`` are those of a record, or of each record of a list, with what is known of
    them; ``whole`` says that there are no others.
    """

    type: ValueType
    allowed: tuple[str, ...] = ()
    items: ValueType | None = None
    characters: tuple[float, float] = (0, math.inf)
    fields: Mapping[str, "Values | None"] = field(default_factory=dict)
    whole: bool = False
    seen: tuple[str, ...] = ()

    def sizes(self) -> Mapping[str, tuple[float, float]]:
        """Return the least and the most `characters` and `words` of a value that is a text."""
        texts = ("True", "False") if self.type == "boolean" else self.allowed or self.seen
        if texts:
            characters = [*map(len, texts)]
            least = min(len(one.split()) for one in texts)
            # in scripts without spaces a letter is a word
            most = max(len(one.split() if max(one, default="") < _DENSE else one) for one in texts)
            return {"characters": (min(characters), max(characters)), "words": (least, most)}
        if self.type != "text":
            return {}
        return {"characters": self.characters, "words": (0, self.characters[1])}


@dataclass(frozen=True, slots=True)
class Gap:
    """The rows in which a column has no value, in words, and how else than there to mend it.

    ``absent``: they lack the column; it is null otherwise. ``condition`` is what the others fulfil.
    """

    where: str
    fix: str
    condition: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What a column must hold in words, lists of records for one, and what to do where it does not.

    Values of ``other`` types will do.
    """

    words: str
    fix: str
    other: tuple[ValueType, ...] = ()


def type_of_value(value: Any) -> ValueType | None:
    """Return the type of a value, None of null."""
    return next((name for name, types in CLASSES.items() if isinstance(value, types)), None)
