"""What the filters have in common that look at each text by itself."""

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.formats.base import Column


class OneText(RowFilter):
    """Rejects a row at the first text with a fault."""

    column: Column = ""
    """The column with the text; else those that the step is about."""

    def uses(self) -> tuple[str, ...]:
        """The column named."""
        return (self.column,) if self.column else ()

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Look at each text for its fault."""
        named = (self.column,) if self.column else columns
        faults = map(self.fault, named, texts(values, named))
        return next((fault for fault in faults if fault), KEPT)

    def fault(self, column: str, text: str) -> Verdict | None:
        """Return what is wrong with the text of a column, None if nothing is."""
        raise NotImplementedError
