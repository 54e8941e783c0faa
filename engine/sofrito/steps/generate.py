"""Asks a teacher for new columns, or for new rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sofrito.prompts import Render
from sofrito.recipe.base import Columns, Key, Part, PoolDraw, Range, Strings
from sofrito.recipe.expressions import ExpressionError
from sofrito.steps.base import Bench, Step
from sofrito.steps.parse import Item, Parser, Unparsed
from sofrito.steps.sampling import Sampling
from sofrito.steps.shape import ColumnType
from sofrito.steps.shots import Draw, drawn
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Outcome, Row, Told, Work, mix
from sofrito.teachers.call import Completion, Message, Refused


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
    """How the answer becomes columns: `text`, `boolean`, `{choice: [...]}`, `numbered_list` (a row an \
item), `json` (an object), `json_list` (a row an item), `tags` (`<column>…</column>`)."""

    schema_: Annotated[dict[str, ColumnType], Field(alias="schema")] = {}
    """Types of the columns, for `json` and `json_list`; text where nothing is said."""

    items: Range | None = None
    """Least and most items of a `json_list`."""

    sampling: Sampling = Sampling()
    """How the teacher samples."""

    n: Annotated[int, Field(ge=1)] = 1
    """How many answers to ask for; each is a row of its own."""

    truncated: Literal["reject", "drop_last", "keep"] = "reject"
    """What becomes of an answer cut by `max_tokens`: rejected, kept, or a list without its last item."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """How often an answer of the wrong shape is asked for."""

    @model_validator(mode="after")
    def _sensible(self) -> "Generate":
        kind = self._kind
        if kind in ("text", "boolean", "choice", "numbered_list") and len(self.generate) > 1:
            raise PydanticCustomError(
                "clash", "`parse: {kind}` makes one column, not {n}; json, json_list and tags make several",
                {"kind": kind, "n": len(self.generate)},
            )
        if self.truncated == "drop_last" and kind not in ("numbered_list", "json_list"):
            raise PydanticCustomError("clash", "`truncated: drop_last` needs a parse that makes a list")
        if (self.items or self.schema_) and not kind.startswith("json"):
            raise PydanticCustomError("clash", "`items` and `schema` need `parse: json` or `json_list`")
        if self.items and kind == "json":
            raise PydanticCustomError("clash", "`items` needs `parse: json_list`")
        for column in self.schema_:
            if column not in self.generate:
                raise PydanticCustomError(
                    "clash", "`schema` has `{column}`, which this step does not generate",
                    {"column": column},
                )
        return self

    @property
    def _kind(self) -> Any:
        return "choice" if isinstance(self.parse, Choice) else self.parse

    def makes(self) -> tuple[str, ...]:
        """The columns generated."""
        return self.generate

    def templates(self) -> dict[tuple[str | int, ...], str]:
        """The prompt and the system message."""
        return {("prompt",): self.prompt} | ({("system",): self.system} if self.system else {})

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
        choices = self.parse.choice if isinstance(self.parse, Choice) else ()
        return Parser(self._kind, self.generate, types=self.schema_, choices=choices, items=self.items)

    @property
    def _fans_out(self) -> bool:
        return self._parser.many or self.n > 1

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that draws, renders, asks, parses."""

        def run(row: Row, candidate: Candidate) -> Work:
            return self._run(row, candidate, bench)

        return [Map(bench.index, run, self.guard(), nulls=self.generate)]

    def _run(self, row: Row, candidate: Candidate, bench: Bench) -> Work:
        shots = drawn(self.shots, candidate, row, bench.label) if self.shots else []
        values = {**row.values, "shots": [shot.values for shot in shots]} if shots or self.shots else row.values
        if shots:
            row = row.told(Event(bench.label, "shots", {"from": [shot.origin for shot in shots]}))
        templates = [t for t in (self.system, self.prompt) if t]
        texts = yield [Render(template, values) for template in templates]
        for text in texts:
            if isinstance(text, ExpressionError):
                return [Lost(row, "failed", "template", text.words)]
        roles = ("system", "user") if self.system else ("user",)
        messages = tuple(Message(r, t.strip()) for r, t in zip(roles, texts, strict=True))  # type: ignore[arg-type]
        return (yield from self._ask(row, messages, bench))

    def _ask(self, row: Row, messages: tuple[Message, ...], bench: Bench) -> Work:
        results: list[list[Item] | Lost | None] = [None] * self.n
        events: list[Event] = []
        for attempt in range(self.attempts):
            open_ = [i for i, result in enumerate(results) if result is None or _again(result)]
            if not open_ or (attempt and not self.sampling.stochastic):
                break
            told = yield [self._completion(row, messages, bench, i, attempt) for i in open_]
            for i, one in zip(open_, told, strict=True):
                events.append(Event(bench.label, "call", {"key": one.key}))
                results[i] = self._read(row, one)
        return self._rows(row, results, events, bench)

    def _completion(
        self, row: Row, messages: tuple[Message, ...], bench: Bench, sibling: int, attempt: int
    ) -> Completion:
        stochastic = self.sampling.stochastic
        kind = self._kind
        return Completion(
            bench.model,
            messages,
            self.sampling.chosen(),
            self._parser.schema,
            ("yes", "no") if kind == "boolean" else self._parser.choices,
            mix(row.key, bench.label, sibling, attempt) & 0x7FFFFFFF if stochastic else None,
        )

    def _read(self, row: Row, told: Told) -> list[Item] | Lost:
        answer = told.answer
        if isinstance(answer, Refused):
            return Lost(row, "failed", answer.cause, answer.words)
        cut = answer.finish == "length" and self._kind not in ("boolean", "choice")
        if cut and self.truncated == "reject":
            return Lost(row, "rejected", "truncated", f"cut after {answer.completion_tokens} tokens")
        try:
            items = self._parser.parse(answer.text, cut=cut, drop_last=self.truncated == "drop_last")
        except Unparsed as error:
            return Lost(row, "rejected", "unparseable", error.why)
        return items or Lost(row, "rejected", "empty list")

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
