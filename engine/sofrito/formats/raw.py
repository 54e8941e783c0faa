"""Writes the row's columns as they are."""

from typing import Any, ClassVar

from sofrito.formats.base import Format, Type, Values
from sofrito.recipe.field_types import Columns


class Raw(Format):
    """Writes columns under their own names; their types are found by looking at all rows.

    A column that a row does not have, as real rows that are mixed in may not, is null there. One
    that is always null is written as text. One whose values have no type in common is
    written as JSON text, and the dataset card says so.
    """

    format: ClassVar[str] = "raw"
    shorthand: ClassVar[str] = "columns"
    null_if_absent: ClassVar[bool] = True

    columns: Columns = ()
    """The columns to write; all of them if not given."""

    def uses(self) -> tuple[str, ...]:
        """The columns that are named."""
        return self.columns

    def shape(self) -> dict[str, Type] | None:
        """Left to the rows."""
        return None

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's columns."""
        return {name: values.get(name) for name in self.columns or values}
