"""Asks a teacher for new columns, or for new rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sofrito.prompts import Render
from sofrito.recipe.base import Columns, Key, Part, PoolDraw, Range, Strings
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.steps.base import Bench, Step
from sofrito.steps.parse import Item, Parser, Unparsed
from sofrito.steps.sampling import Sampling
from sofrito.steps.shape import ColumnType
from sofrito.steps.shots import Draw, drawn
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Outcome, Row, Told, Work, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused


class Choice(Part):
    """A closed list of answers."""

    choice: Strings
    """The answers allowed."""


KINDS = ("text", "boolean", "numbered_list", "json", "json_list", "tags")
Parse = Annotated[
    Literal["text", "boolean", "numbered_list", "json", "json_list", "tags"] | Choice,
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "if": {"type": "object"},
            "then": {"$ref": "#/$defs/Choice"},
            "else": {"enum": list(KINDS)},
        }
    ),
]


class Generate(Step):
    """Makes columns from a prompt; a list, or `n`, makes a row of each.

    The answer is cut into columns by `parse`. One that does not have the shape asked for is asked
    again with another seed, `attempts` times in all; then the row is rejected as unparseable.
    """

    verb: ClassVar[str] = "generate"
    example: ClassVar[Mapping[str, Any]] = {
        "generate": "answer",
        "prompt": "Answer in one sentence: {{ question }}",
        "sampling": {"temperature": 0.7, "max_tokens": 200},
    }

    generate: Columns
    """The new columns."""

    prompt: str
    """The user message: a template file ending in .j2, or the template itself."""

    system: str = ""
    """The system message, likewise; none if empty."""

    model: str = ""
    """Which of the recipe's models is asked."""

    shots: tuple[Draw, ...] = ()
    """Examples drawn from seed pools; the template sees them as `shots`."""

    parse: Parse = "text"
    """How the answer becomes columns: `text`, `boolean`, `{choice: [...]}`, `numbered_list` (a row \
an item), `json` (an object), `json_list` (a row an item), `tags` (`<column>…</column>`)."""

    schema_: Annotated[dict[str, ColumnType], Field(alias="schema")] = {}
    """Types of the columns, for `json` and `json_list`; text where nothing is said."""

    items: Range | None = None
    """Least and most items of a `json_list`."""

    reverse: str = ""
    """An expression; where it is true, the columns are asked for in reverse order: the teacher then \
writes the last one first, and the others to fit it. For `json` and `json_list`."""

    sampling: Sampling = Sampling()
    """How the teacher samples."""

    n: Annotated[int, Field(ge=1)] = 1
    """How many answers to ask for; each is a row of its own."""

    truncated: Literal["reject", "drop_last", "keep"] = "reject"
    """What becomes of an answer cut by `max_tokens`: rejected, kept, or a list without its last \
item. JSON that is complete all the same counts as not cut."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """How often an answer of the wrong shape is asked for."""

    @model_validator(mode="after")
    def _sensible(self) -> "Generate":
        kind = self._kind
        if not self.prompt.strip():
            raise PydanticCustomError("missing", "`generate` needs a `prompt`")
        if kind in ("text", "boolean", "choice", "numbered_list") and len(self.generate) > 1:
            several = "json, json_list and tags make several"
            what = f"`parse: {kind}` makes one column, not {len(self.generate)}; {several}"
            raise PydanticCustomError("clash", what)
        if self.truncated == "drop_last" and kind not in ("numbered_list", "json_list"):
            what = "`truncated: drop_last` needs a parse that makes a list"
            raise PydanticCustomError("clash", what)
        if (self.items or self.schema_) and kind not in ("json", "json_list"):
            what = "`items` and `schema` need `parse: json` or `json_list`"
            raise PydanticCustomError("clash", what)
        if self.items and kind == "json":
            raise PydanticCustomError("clash", "`items` needs `parse: json_list`")
        if self.items and not 1 <= self.items[1] >= self.items[0]:
            what = f"no list has at least {self.items[0]} and at most {self.items[1]} items"
            raise PydanticCustomError(
                "never", what if self.items[1] else "a list without items makes no row"
            )
        if self.reverse and (kind not in ("json", "json_list") or len(self.generate) < 2):
            what = "`reverse` needs `parse: json` or `json_list`, and several columns"
            raise PydanticCustomError("clash", what)
        for column in self.schema_:
            if column not in self.generate:
                what = f"`schema` has `{column}`, which this step does not generate"
                raise PydanticCustomError("clash", what)
        return self

    @property
    def _kind(self) -> Any:
        return "choice" if isinstance(self.parse, Choice) else self.parse

    def makes(self) -> tuple[str, ...]:
        """The columns generated."""
        return self.generate

    def templates(self) -> dict[Key, str]:
        """The prompt and the system message."""
        both: dict[Key, str] = {("prompt",): self.prompt}
        return both | ({("system",): self.system} if self.system else {})

    def expressions(self) -> dict[Key, str]:
        """The condition of `reverse`."""
        return {("reverse",): self.reverse} if self.reverse else {}

    def extra_names(self) -> frozenset[str]:
        """The templates see the shots."""
        return frozenset({"shots"}) if self.shots else frozenset()

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def draws(self) -> dict[Key, PoolDraw]:
        """The shots."""
        return {
            ("shots", i): PoolDraw(shot.from_, shot.draw, shot.where, shot.grown, shot.fill)
            for i, shot in enumerate(self.shots)
        }

    def fans_out(self) -> bool:
        """Whether an answer is a list, or there are several answers."""
        return self._parser.many or self.n > 1

    def doubts(self) -> dict[Key, tuple[str, str]]:
        """Several answers that can only be equal."""
        if self.n == 1 or self.sampling.stochastic:
            return {}
        what = f"`n: {self.n}` at temperature 0 asks for the same answer {self.n} times"
        return {("n",): (what, "Raise `temperature`, or ask once.")}

    def pools(self) -> tuple[str, ...]:
        """The pools that shots are drawn from."""
        return tuple(draw.from_ for draw in self.shots)

    @cached_property
    def _parser(self) -> Parser:
        return self._parser_of(self.generate)

    @cached_property
    def _reversed(self) -> Parser:
        return self._parser_of(self.generate[::-1])

    def _parser_of(self, columns: tuple[str, ...]) -> Parser:
        choices = self.parse.choice if isinstance(self.parse, Choice) else ()
        return Parser(self._kind, columns, types=self.schema_, choices=choices, items=self.items)

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that draws, renders, asks, parses."""

        def run(row: Row, candidate: Candidate) -> Work:
            return self._run(row, candidate, bench)

        return [Map(bench.index, run, self.guard(), nulls=self.generate)]

    def _run(self, row: Row, candidate: Candidate, bench: Bench) -> Work:
        values = row.values
        try:
            backwards = self.reverse and expression(self.reverse).truth(values)
        except ExpressionError as error:
            return [Lost(row, "failed", "expression", f"{self.reverse}: {error.words}")]
        if self.shots:
            shots = drawn(self.shots, candidate, row, bench.label, bench.seed)
            values = {**values, "shots": [shot.values for shot in shots]}
            row = row.told(Event(bench.label, "shots", {"from": [shot.origin for shot in shots]}))
        texts = yield [Render(t, values) for t in (self.system, self.prompt) if t]
        for text in texts:
            if isinstance(text, ExpressionError):
                return [Lost(row, "failed", "template", text.words)]
        *system, prompt = (text.strip() for text in texts)
        if not prompt:
            return [Lost(row, "failed", "template", "the prompt is empty")]
        messages = (*(Message("system", text) for text in system if text), Message("user", prompt))
        parser = self._reversed if backwards else self._parser
        return (yield from self._ask(row, messages, parser, bench))

    def _ask(self, row: Row, messages: tuple[Message, ...], parser: Parser, bench: Bench) -> Work:
        results: list[list[Item] | Lost | None] = [None] * self.n
        events: list[Event] = []
        for attempt in range(self.attempts):
            open_ = [i for i, result in enumerate(results) if result is None or _again(result)]
            if not open_ or (attempt and not self.sampling.stochastic):
                break
            seeds = [mix(row.key, bench.label, i, attempt) & 0x7FFFFFFF for i in open_]
            told = yield [self._completion(messages, parser, bench, seed) for seed in seeds]
            for i, one in zip(open_, told, strict=True):
                events.append(Event(bench.label, "call", {"key": one.key}))
                results[i] = self._read(row, parser, one)
        return self._rows(row, results, events, bench)

    def _completion(
        self, messages: tuple[Message, ...], parser: Parser, bench: Bench, seed: int
    ) -> Completion:
        return Completion(
            bench.model,
            messages,
            self.sampling.chosen(),
            parser.schema,
            ("yes", "no") if self._kind == "boolean" else parser.choices,
            seed if self.sampling.stochastic else None,
        )

    def _read(self, row: Row, parser: Parser, told: Told) -> list[Item] | Lost:
        answer = told.answer
        if isinstance(answer, Refused):
            return Lost(row, "failed", answer.cause, answer.words)
        assert isinstance(answer, Answer)
        cut = answer.finish == "length" and self._kind not in ("boolean", "choice")
        cut_off = Lost(row, "rejected", "truncated", f"cut after {answer.completion_tokens} tokens")
        # JSON shows by itself whether it is whole; a grammar may end on the last token allowed.
        if cut and self.truncated == "reject" and parser.schema is None:
            return cut_off
        try:
            drop_last = self.truncated == "drop_last"
            items = parser.parse(answer.text, cut=cut, drop_last=drop_last)
        except Unparsed as error:
            if cut and self.truncated == "reject":
                return cut_off
            return Lost(row, "rejected", "unparseable", error.why)
        if not items:
            return cut_off if cut else Lost(row, "rejected", "empty list")
        return [{column: item[column] for column in self.generate} for item in items]

    def _rows(
        self, row: Row, results: list[list[Item] | Lost | None], events: list[Event], bench: Bench
    ) -> Outcome:
        told = row.told(*events)
        if not self.fans_out():
            (result,) = results
            assert result is not None
            return [_at(told, result) if isinstance(result, Lost) else told.having(result[0])]
        items = [item for result in results if isinstance(result, list) for item in result]
        lost = [result for result in results if isinstance(result, Lost)]
        rows: Outcome = list(told.children(bench.label, items))
        return rows + [_at(told, one) for one in lost]


def _again(result: list[Item] | Lost) -> bool:
    return isinstance(result, Lost) and result.reason == "unparseable"


def _at(row: Row, lost: Lost) -> Lost:
    return Lost(row, lost.kind, lost.reason, lost.detail, lost.score)
