"""Version 2: a model's time-out says its unit, as every other key with a unit does."""

from sofrito.recipe.migrations.base import Migration, Rename

MIGRATION = Migration(
    version=2,
    why="`timeout: 2` did not say whether these are seconds or minutes; `budget.minutes` and "
    "`calls_per_minute` always had their unit in their name.",
    changes=(Rename(("models", "*"), "timeout", "timeout_seconds"),),
)
