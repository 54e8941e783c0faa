"""Takes addresses of e-mail out of texts."""

import re
from typing import ClassVar

from sofrito.recipe.base import Columns
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Candidate, Map, Operation, Outcome, Row

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


class Redact(Step):
    """Puts a mark in the place of every e-mail address in columns."""

    verb: ClassVar[str] = "redact"

    redact: Columns
    """The columns."""

    mark: str = "[address]"
    """What stands in an address' place."""

    def uses(self) -> tuple[str, ...]:
        """The columns, which must be there."""
        return self.redact

    def rewrites(self) -> tuple[str, ...]:
        """The columns redacted."""
        return self.redact

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""

        def run(row: Row, _: Candidate) -> Outcome:
            found = {column: row.values[column] for column in self.redact}
            texts = {column: text for column, text in found.items() if isinstance(text, str)}
            return [row.having({c: ADDRESS.sub(lambda _: self.mark, t) for c, t in texts.items()})]

        return [Map(bench.index, run, self.guard())]
