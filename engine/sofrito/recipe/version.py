"""The version of the recipe language that this Sofrito reads."""

VERSION = 2
"""The newest version; what changed with each stands in ``sofrito.recipe.migrations``."""
