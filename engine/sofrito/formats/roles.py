"""Who says a message of a conversation."""

from collections.abc import Mapping
from typing import Any

from sofrito.formats.base import Unfit
from sofrito.recipe.words import either

ROLES = ("system", "user", "assistant", "tool")
"""The roles that chat templates know."""


def role_of(message: Mapping[str, Any], column: str) -> str:
    """Return the role of a message in a column; raises :class:`Unfit` for one that is none of ROLES."""
    role = message["role"]
    if role not in ROLES:
        known = either(f"`{one}`" for one in ROLES)
        raise Unfit(f"the `role` of a message in `{column}` is not {known}")
    return str(role)
