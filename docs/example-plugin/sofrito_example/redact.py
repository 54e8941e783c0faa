"""Takes addresses of e-mail out of texts."""

import re
from typing import ClassVar

from sofrito.formats.base import Column
from sofrito.recipe.field_types import Columns
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

    found: Column = ""
    """A column for the number of addresses in a row; without it they are not counted."""

    def uses(self) -> tuple[str, ...]:
        """The columns, which must be there."""
        return self.redact

    def rewrites(self) -> tuple[str, ...]:
        """The columns redacted."""
        return self.redact

    def makes(self) -> tuple[str, ...]:
        """The number, where it is asked for."""
        return (self.found,) if self.found else ()

    def operations(self, bench: Bench) -> list[Operation]:
        """One map: what becomes of a row does not depend on others."""

        def run(row: Row, _: Candidate) -> Outcome:
            texts = {c: t for c in self.redact if isinstance(t := row.values[c], str)}
            done = {c: ADDRESS.subn(lambda _: self.mark, text) for c, text in texts.items()}
            made = {self.found: sum(n for _, n in done.values())} if self.found else {}
            return [row.having({column: text for column, (text, _) in done.items()} | made)]

        return [Map(bench.index, run, self.guard(), self.makes())]
