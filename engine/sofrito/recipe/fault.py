"""What the models of a recipe's parts raise where a value has the right shape and makes no sense."""

from typing import Literal

from pydantic_core import PydanticCustomError

Kind = Literal["missing", "clash", "never", "pattern"]

CODES: dict[str, str] = {
    "missing": "SOF102",
    "clash": "SOF212",
    "never": "SOF211",
    "pattern": "SOF104",
}
"""The diagnostic code of each kind."""


def fault(kind: Kind, what: str, fix: str, *, at: str = "") -> PydanticCustomError:
    """Return pydantic's error for what is ``missing``, contradicts another key (``clash``), can
    ``never`` be, or is no ``pattern`` or word to look for.

    ``what`` has no full stop, and ``fix`` says what to write instead. ``at`` is the key at fault
    below the part, dotted, where that is not the part itself.
    """
    return PydanticCustomError(kind, "{what}", {"what": what, "fix": fix, "at": at})


def swapped(low: float, high: float, key: str = "") -> str:
    """Return what to do about a range whose ends stand in the wrong order."""
    pair = f"[{high:g}, {low:g}]"
    return f"The least comes first: `{f'{key}: ' if key else ''}{pair}`."
