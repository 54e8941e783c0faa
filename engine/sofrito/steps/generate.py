"""Asks a teacher for new columns, or for new rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sofrito.prompts import Render
from sofrito.recipe.base import Columns, Key, Load, Need, Part, PoolDraw, Range, Strings
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.steps.asking import SOFT, Asking
from sofrito.steps.base import Bench, Step
from sofrito.steps.generate_rules import faults
from sofrito.steps.parse import Kind, Parser
from sofrito.steps.sampling import Sampling
from sofrito.steps.shape import ColumnType
from sofrito.steps.shots import Draw, drawn
from sofrito.steps.soft import FIELDS
from sofrito.steps.weighing import MASS, PROBABILITIES, weighed
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Row, Work
from sofrito.teachers.call import Completion, Message, Weigh
from sofrito.teachers.sampling import most_written

YES_NO = ("yes", "no")

CLOSED_ANSWER = 2
"""Tokens that an answer of a closed list is guessed to have."""


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
    again, `attempts` times in all: `json` and `json_list` with the wrong answer and what is wrong
    with it, the others with another seed. Then the row is rejected as unparseable.
    """

    verb: ClassVar[str] = "generate"
    beside: ClassVar[Mapping[str, str]] = {"soft_labels": SOFT, "probabilities": PROBABILITIES}
    example: ClassVar[Mapping[str, Any]] = {
        "generate": "answer",
        "prompt": "Answer in one sentence: {{ question }}",
        "sampling": {"temperature": 0.7, "max_tokens": 200},
    }

    generate: Columns
    """The new columns."""

    prompt: str = ""
    """The user message: a template file ending in .j2, or the template itself."""

    turn: Literal["assistant", "user"] = "assistant"
    """Who writes: with `user`, the teacher gets the beginning of a chat and writes the user's \
message itself (template-prefix sampling). Takes no `prompt`, and no model of a server."""

    raw: bool = False
    """Go on with the `prompt` without a chat template, as base models need it. It is sent as it is \
rendered, to the last space."""

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

    soft_labels: Annotated[int, Field(ge=0, le=100)] = 0
    """Keep so many of the likeliest tokens at each place of the answer. The record \
`<column>_soft` has them with their log-probabilities; the format `distill` writes it."""

    probabilities: bool = False
    """Ask how probable each answer of a `boolean` or `choice` is, instead of for an answer. The \
column is the likeliest one; the record `<column>_probabilities` has the probability of each, and \
`mass`, that of all of them together before they are made to add up to 1. Those of a boolean are \
called `yes` and `no`."""

    @model_validator(mode="after")
    def _sensible(self) -> "Generate":
        for kind, words in faults(self):
            raise PydanticCustomError(kind, words)
        return self

    @property
    def kind(self) -> Kind:
        """How the answer is read."""
        return "choice" if isinstance(self.parse, Choice) else self.parse

    @property
    def labels(self) -> tuple[str, ...]:
        """The closed list of answers, where there is one."""
        if isinstance(self.parse, Choice):
            return self.parse.choice
        return YES_NO if self.kind == "boolean" else ()

    def makes(self) -> tuple[str, ...]:
        """The columns generated, and what is kept beside them."""
        endings = [ending for option, ending in self.beside.items() if getattr(self, option)]
        return (*self.generate, *(f"{name}{end}" for end in endings for name in self.generate))

    def records(self) -> Mapping[str, frozenset[str]]:
        """Probabilities by label, soft labels as they are written."""
        kinds = {"probabilities": frozenset((*self.labels, MASS)), "soft_labels": FIELDS}
        return {
            f"{name}{ending}": kinds[option]
            for option, ending in self.beside.items()
            if getattr(self, option)
            for name in self.generate
        }

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """Probabilities, and columns whose `schema` bounds them."""
        found = {name: kind.range for name, kind in self.schema_.items() if kind.range}
        if self.probabilities:
            (column,) = self.generate
            fields = (*self.labels, MASS)
            found |= {f"{column}{PROBABILITIES}.{name}": (0.0, 1.0) for name in fields}
        return found

    def answer_schema(self) -> Mapping[str, Any] | None:
        """For `json` and `json_list`, the shape of the columns."""
        return self._parser.schema

    def templates(self) -> dict[Key, str]:
        """The prompt and the system message."""
        both: dict[Key, str] = {("prompt",): self.prompt, ("system",): self.system}
        return {key: template for key, template in both.items() if template}

    def expressions(self) -> dict[Key, str]:
        """The condition of `reverse`."""
        return {("reverse",): self.reverse} if self.reverse else {}

    def extra_names(self) -> frozenset[str]:
        """The templates see the shots."""
        return frozenset({"shots"}) if self.shots else frozenset()

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def needs(self) -> tuple[Need, ...]:
        """A model that writes, one's own turn or the user's, or that weighs answers."""
        if self.probabilities:
            return ("weigh",)
        biased: tuple[Need, ...] = ("biased texts",) if self.sampling.biased_texts else ()
        return ("turn" if self.turn == "user" else "complete", *biased)

    def longest_answer(self) -> int | None:
        """What `max_tokens` says; labels that are weighed are no answer."""
        return None if self.probabilities else self.sampling.max_tokens

    def load(self) -> Load:
        """`n` answers, each asked for up to `attempts` times; guessed to be half as long as allowed."""
        if self.probabilities:
            return Load(1, 1, (1, 1), 1, 1)
        rows = self._parser.items if self._parser.many else (1, 1)
        longest = most_written(self.sampling.chosen())
        written = CLOSED_ANSWER if self.labels else longest // 2
        return Load(
            self.n,
            self.n * self.attempts,
            rows and (rows[0] * self.n, rows[1] * self.n),
            min(written, longest),
            longest,
        )

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
    def _chosen(self) -> dict[str, Any]:
        return self.sampling.chosen()

    @cached_property
    def _parser(self) -> Parser:
        return self._parser_of(self.generate)

    @cached_property
    def _reversed(self) -> Parser:
        return self._parser_of(self.generate[::-1])

    def _parser_of(self, columns: tuple[str, ...]) -> Parser:
        choices = self.labels if self.kind == "choice" else ()
        return Parser(self.kind, columns, types=self.schema_, choices=choices, items=self.items)

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that draws, renders, asks, parses."""
        asking = Asking(
            bench.label,
            self.generate,
            stochastic=self.sampling.stochastic,
            n=self.n,
            attempts=self.attempts,
            truncated=self.truncated,
        )

        def run(row: Row, candidate: Candidate) -> Work:
            return self._run(row, candidate, bench, asking)

        return [Map(bench.index, run, self.guard(), nulls=self.makes())]

    def _run(self, row: Row, candidate: Candidate, bench: Bench, asking: Asking) -> Work:
        values = row.values
        try:
            backwards = self.reverse and expression(self.reverse).truth(values)
        except ExpressionError as error:
            return [Lost(row, "failed", "expression", f"{self.reverse}: {error.words}")]
        if self.shots:
            shots = drawn(self.shots, candidate, row, bench.label, bench.seed)
            values = {**values, "shots": [shot.values for shot in shots]}
            row = row.told(Event(bench.label, "shots", {"from": [shot.origin for shot in shots]}))
        templates = self.templates()
        texts = (yield [Render(t, values) for t in templates.values()]) if templates else []
        for text in texts:
            if isinstance(text, ExpressionError):
                return [Lost(row, "failed", "template", text.words)]
        rendered = dict(zip((str(key[0]) for key in templates), texts, strict=True))
        if "prompt" in rendered and not rendered["prompt"].strip():
            return [Lost(row, "failed", "template", "the prompt is empty")]
        parser = self._reversed if backwards else self._parser
        question = self._question(rendered, parser, bench.model)
        if isinstance(question, Weigh):
            meaning: dict[str, Any] = dict(zip(self.labels, self.labels, strict=True))
            if self.kind == "boolean":
                meaning = dict(zip(YES_NO, (True, False), strict=True))
            return (yield from weighed(row, bench.label, question, self.generate[0], meaning))
        return (yield from asking.work(row, question, parser))

    def _question(
        self, rendered: Mapping[str, str], parser: Parser, model: str
    ) -> Completion | Weigh:
        system, prompt = (rendered.get(name, "") for name in ("system", "prompt"))
        chat = (Message("system", system.strip()), Message("user", prompt.strip()))
        messages = tuple(message for message in chat if message.content)
        if self.probabilities:
            return Weigh(model, messages, self.labels)
        return Completion(
            model,
            () if self.raw else messages,
            self._chosen,
            parser.schema,
            self.labels,
            turn=self.turn,
            prompt=prompt if self.raw else "",
            soft_labels=self.soft_labels,
        )
