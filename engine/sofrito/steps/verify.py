"""Checks a column by something that can know: mathematics, tests, a schema, a text, an expression."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema, model_validator

from sofrito.prompts import Render
from sofrito.recipe.base import Key, Load, Part
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import NAME
from sofrito.recipe.model import MATHEMATICS, SANDBOXES
from sofrito.recipe.sources import is_file
from sofrito.recipe.value_types import Values
from sofrito.recipe.values import text_of
from sofrito.steps.base import Bench, Step
from sofrito.steps.json_schema import JsonSchema, read_json
from sofrito.steps.json_schema_bound import frozen
from sofrito.steps.verify_code import Code
from sofrito.steps.verify_found import Found, failed, occurrence
from sofrito.steps.verify_tools import called
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Outcome, Row, Work
from sofrito.teachers.call import CompareMath, RunProgram
from sofrito.teachers.result import Checked
from sofrito.teachers.teacher import Refused

WAYS = ("math", "code", "schema", "occurs_in", "tools", "equals")
_FIELDS = frozenset(("ok", "reason", "detail"))


class Math(Part):
    """What a mathematical answer is compared with."""

    example: ClassVar[Mapping[str, Any]] = {"equals": "gold"}

    equals: Annotated[str, Field(pattern=NAME)]
    """The column with the right answer."""


class Verify(Step):
    """Writes the record `check` of whether a column is right: `ok`, and if not, `reason` and `detail`.

    `reason` is a class, such as `assertion` or `differs`, and "" where all is well. What does not
    pass is not rejected; for that add `keep: check.ok`. An empty answer never passes.
    """

    verb: ClassVar[str] = "verify"
    one_of: ClassVar[tuple[str, ...]] = WAYS
    example: ClassVar[Mapping[str, Any]] = {
        "verify": "answer",
        "occurs_in": "text",
        "keep": "check.ok",
    }

    verify: Annotated[str, Field(pattern=NAME)]
    """The column that is checked."""

    math: Math | None = None
    """It is the same mathematics as another column: numbers by value, expressions by what they mean; \
what is no mathematics, as a text. Of a worked solution it is the last result, and is looked for in \
the last 20,000 characters. Several results where one is asked for, such as `2 hours 30 minutes`, and \
an equation that does not hold, are `ambiguous`. `3 1/2` and `1 000` are one number each; a time such \
as `9:45` is compared as it is written, and a ratio with a ratio. Units that both state must be the \
same, and are not converted. A percent sign is left out: 50% is 50. By math-verify, within 5 \
seconds."""

    code: Code | None = None
    """It is a Python program, or an answer with one in a block of code, that passes tests. They run \
where there is no file, no network and no other program, within bounds."""

    schema_: Annotated[
        dict[str, Any] | str, Field(alias="schema"), WithJsonSchema({"type": ["string", "object"]})
    ] = ""
    """It fits a JSON Schema: one written here, the column that has it, or a template file ending in \
.j2. A text is read as JSON. A schema has at most 1,000 parts and 64 levels, and a check 200,000 \
comparisons."""

    occurs_in: Annotated[str, Field(pattern=f"^$|{NAME}")] = ""
    """It stands in this column word for word, whatever the white space; `start` and `end` of the \
record are the characters it takes there."""

    tools: Annotated[str, Field(pattern=f"^$|{NAME}")] = ""
    """It is a call, or a list of calls, of the functions in this column: each has the name of one of \
them, and arguments that fit its parameters (a JSON Schema)."""

    equals: str = ""
    """It equals the value of this expression, as JSON has it: 1 is 1.0, and is not true. Texts are \
equal but for outer white space."""

    as_: Annotated[str, Field(pattern=NAME)] = Field(default="check", alias="as")
    """What the record is called."""

    @model_validator(mode="after")
    def _sensible(self) -> "Verify":
        if len(self._ways) != 1:
            ways = ", ".join(f"`{way}`" for way in WAYS)
            fix = "Keep one, and write another step `verify` for each of the others."
            fix = fix if self._ways else "Say what it is compared with, such as `equals: answer`."
            raise fault("clash" if self._ways else "missing", f"`verify` needs one of {ways}", fix)
        if isinstance(self.schema_, dict) and (why := JsonSchema(self.schema_).fault):
            fix = "Such as `schema: {type: object, required: [name]}`."
            raise fault("clash", f"`schema` is no JSON Schema: {why}", fix, at="schema")
        return self

    @property
    def _ways(self) -> tuple[str, ...]:
        given = (getattr(self, f"{way}_" if way == "schema" else way) for way in WAYS)
        return tuple(way for way, value in zip(WAYS, given, strict=True) if value not in (None, ""))

    @property
    def _schema_column(self) -> str:
        named = isinstance(self.schema_, str) and not is_file(self.schema_)
        return str(self.schema_) if named else ""

    def makes(self) -> tuple[str, ...]:
        """The record."""
        return (self.as_,)

    def records(self) -> Mapping[str, frozenset[str]]:
        """What the record has."""
        return {self.as_: _FIELDS | ({"start", "end"} if self.occurs_in else frozenset())}

    def values(self) -> Mapping[str, Values]:
        """Whether it is right, and why not."""
        texts = dict.fromkeys((f"{self.as_}.reason", f"{self.as_}.detail"), Values("text"))
        return {f"{self.as_}.ok": Values("boolean"), **texts}

    def uses(self) -> tuple[str, ...]:
        """The column checked, and those it is checked against."""
        others = [self.occurs_in, self.tools, self._schema_column]
        others += [self.math.equals] if self.math else []
        others += [self.code.tests, self.code.entry_point] if self.code else []
        return (self.verify, *filter(None, others))

    def expressions(self) -> dict[Key, str]:
        """What it is to equal."""
        return {("equals",): self.equals} if self.equals else {}

    def templates(self) -> dict[Key, str]:
        """The schema, where it is a file."""
        named = isinstance(self.schema_, str) and is_file(self.schema_)
        return {("schema",): str(self.schema_)} if named else {}

    def asks(self) -> str | None:
        """A sandbox, or who compares mathematics."""
        if self.code:
            return SANDBOXES[self.code.runner]
        return MATHEMATICS if self.math else None

    def load(self) -> Load:
        """A run of the program, or a comparison, for each row."""
        return Load() if self.asks() is None else Load(1, 1)

    def doubts(self) -> dict[Key, tuple[str, str]]:
        """That a program is kept from nothing."""
        if self.code is None or self.code.runner != "unsafe":
            return {}
        what = (
            "`runner: unsafe` keeps a program from nothing: it can read your files and delete them"
        )
        return {("code", "runner"): (what, "Leave `runner` out: programs then run in WebAssembly.")}

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""

        def run(row: Row, _: Candidate) -> Work | Outcome:
            value = row.values.get(self.verify)
            if value is None or (isinstance(value, str) and not value.strip()):
                return self._with(row, failed("empty"))
            if self.code or self.math:
                call = self._call(row, value, bench)
                return (
                    self._with(row, call)
                    if isinstance(call, Found)
                    else self._asked(row, call, bench)
                )
            if self.templates():
                return self._rendered(row, value)
            try:
                return self._with(row, self._found(row, value))
            except ExpressionError as error:
                return [Lost(row, "failed", "expression", f"{self.equals}: {error.words}")]

        return [Map(bench.index, run, self.guard(), nulls=self.makes())]

    def _with(self, row: Row, found: Found) -> Outcome:
        return [row.having({self.as_: found.record(places=bool(self.occurs_in))})]

    def _call(self, row: Row, value: Any, bench: Bench) -> RunProgram | CompareMath | Found:
        if self.code:
            return self.code.call(row.values, text_of(value), bench.model)
        assert self.math is not None
        gold = text_of(row.values.get(self.math.equals))
        if not gold.strip():
            return failed("nothing to compare with", f"`{self.math.equals}` is empty")
        return CompareMath(bench.model, gold, text_of(value))

    def _asked(self, row: Row, call: RunProgram | CompareMath, bench: Bench) -> Work:
        (told,) = yield [call]
        row = row.told(Event(bench.label, "call", {"key": told.key}))
        if isinstance(told.answer, Refused):
            return [Lost(row, "failed", told.answer.cause, told.answer.words)]
        assert isinstance(told.answer, Checked)
        return self._with(row, Found(told.answer.reason, told.answer.detail))

    def _rendered(self, row: Row, value: Any) -> Work:
        (text,) = yield [Render(str(self.schema_), row.values)]
        if isinstance(text, ExpressionError):
            return [Lost(row, "failed", "template", text.words)]
        return self._with(row, _fits(text, value))

    def _found(self, row: Row, value: Any) -> Found:
        if self.occurs_in:
            return occurrence(text_of(value), text_of(row.values.get(self.occurs_in)))
        if self.tools:
            return called(value, row.values.get(self.tools))
        if self.equals:
            return _equal(value, expression(self.equals)(row.values))
        schema = row.values.get(self._schema_column) if self._schema_column else self.schema_
        return _fits(schema, value)


def _equal(value: Any, wanted: Any) -> Found:
    texts = isinstance(value, str) and isinstance(wanted, str)
    same = value.strip() == wanted.strip() if texts else frozen(value) == frozen(wanted)
    return Found() if same else failed("differs", f"it is not {text_of(wanted)[:200]}")


def _fits(schema: Any, value: Any) -> Found:
    read, why = read_json(schema)
    if not isinstance(read, dict | bool):
        return failed("schema", why or "the schema is no object")
    given, why = read_json(value)
    if why:
        return failed("not JSON", why)
    known = JsonSchema(read)
    if known.fault:
        return failed("schema", known.fault)
    misfit = known.misfit(given)
    return failed("does not fit", misfit) if misfit else Found()
