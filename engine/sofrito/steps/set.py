"""Computes a column from others."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from sofrito.prompts import Render
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Columns
from sofrito.recipe.inference import value_of_expression
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Candidate, Lost, Map, Operation, Outcome, Row, Work


class Set(Step):
    """Sets a column, new or old, to the value of an expression or to a rendered template."""

    verb: ClassVar[str] = "set"
    one_of: ClassVar[tuple[str, ...]] = ("to", "to_file")
    example: ClassVar[Mapping[str, Any]] = {"set": "text", "to": "question ~ '\\n' ~ answer"}

    set: Columns
    """The column."""

    to: str = ""
    """The expression."""

    to_file: str = ""
    """A template file whose rendered text is the value."""

    @model_validator(mode="after")
    def _sensible(self) -> "Set":
        if len(self.set) > 1:
            fix = "Such as: " + ", ".join(f"`- set: {name}`" for name in self.set) + "."
            raise fault("clash", "`set` sets one column, not several", fix)
        if bool(self.to) == bool(self.to_file):
            fix = "Add the value: `to: question | trim`, an expression; or `to_file: prompts/text.j2`."
            if self.to:
                raise fault("clash", "`set` has `to` and `to_file`", "Keep one.", at="to_file")
            raise fault("missing", "`set` needs either `to` or `to_file`", fix)
        return self

    def rewrites(self) -> tuple[str, ...]:
        """The column, whether it exists or not."""
        return self.set

    def expressions(self) -> dict[tuple[str | int, ...], str]:
        """The value."""
        return {("to",): self.to} if self.to else {}

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """A text, if a template makes it; else what the expression tells."""
        (column,) = self.set
        if not self.to:
            return {column: Values("text")}
        found = value_of_expression(self.to, known)
        return {column: found} if found else {}

    def computes(self) -> str:
        """The value, unless a template makes it."""
        return self.to

    def templates(self) -> dict[tuple[str | int, ...], str]:
        """The template file."""
        return {("to_file",): self.to_file} if self.to_file else {}

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""
        (column,) = self.set
        source = self.to

        def compute(row: Row, _: Candidate) -> Outcome:
            try:
                return [row.having({column: expression(source)(row.values)})]
            except ExpressionError as error:
                return [Lost(row, "failed", "expression", f"{source}: {error.words}")]

        def render(row: Row, _: Candidate) -> Work:
            (text,) = yield [Render(self.to_file, row.values)]
            if isinstance(text, ExpressionError):
                return [Lost(row, "failed", "template", text.words)]
            return [row.having({column: text})]

        return [Map(bench.index, compute if source else render, self.guard(), nulls=self.set)]
