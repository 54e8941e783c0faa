"""The versions of the recipe language, and how a recipe of an old one becomes one of the newest.

A recipe may say its version (`sofrito: 2`); one that does not is read as the newest. So that this is
safe, a version may only drop or rename: what was written in the old way must be an error in the new
one, and never mean something else. A migration is a file here and an entry in ``MIGRATIONS``.
"""

from sofrito.recipe.migrations.base import Change, Edit, Migration, Rename
from sofrito.recipe.migrations.v2_timeout_seconds import MIGRATION as V2
from sofrito.recipe.version import VERSION

MIGRATIONS: tuple[Migration, ...] = (V2,)
"""Every migration, the oldest first; the last one leads to the newest version."""

assert [one.version for one in MIGRATIONS] == list(range(2, VERSION + 1))

__all__ = ["MIGRATIONS", "Change", "Edit", "Migration", "Rename"]
