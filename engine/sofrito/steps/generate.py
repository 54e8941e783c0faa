"""Asks a teacher for new columns, or for new rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator

from sofrito.recipe.base import Key, Load, Need, Part, PoolDraw
from sofrito.recipe.field_types import NAME, Columns, Range, Strings
from sofrito.recipe.value_types import Values
from sofrito.steps.asking import SOFT
from sofrito.steps.base import Bench, Step
from sofrito.steps.generate_rules import faults
from sofrito.steps.parse import Kind, Parser
from sofrito.steps.sampling import Sampling
from sofrito.steps.shape import ColumnType, Type
from sofrito.steps.shots import Draw
from sofrito.steps.soft import FIELDS
from sofrito.steps.vary import Varied, Vary
from sofrito.steps.weighing import MASS, PROBABILITIES
from sofrito.steps.work import Map, Operation
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

    The answer is cut into columns by `parse`. One that does not have the shape asked for, or has
    nothing in it, is asked again, `attempts` times in all: `json` and `json_list` with the wrong
    answer and what is wrong with it, the others with another seed. Then the row is rejected as
    unparseable.
    """

    verb: ClassVar[str] = "generate"
    one_of: ClassVar[tuple[str, ...]] = ("prompt", "turn")
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
    """Types of the columns, for `json`, `json_list` and `tags`; text where nothing is said. With `tags` \
the teacher is not held to them: what it wrote is checked."""

    items: Range | None = None
    """Least and most items of a `json_list`."""

    reverse: str = ""
    """An expression; where it is true, the columns are asked for in reverse order: the teacher then \
writes the last one first, and the others to fit it. For `json` and `json_list`."""

    sampling: Sampling = Sampling()
    """How the teacher samples."""

    n: Annotated[int, Field(ge=1)] = 1
    """How many answers to ask for; each is a row of its own. Where something varies, all ways to ask \
if nothing is said."""

    vary: Vary | None = None
    """Asks in several ways: options with several values, crossed. The record `varied` has those that \
an answer was asked with."""

    as_: Annotated[str, Field(alias="as", pattern=NAME)] = "varied"
    """What the record of `vary` is called."""

    truncated: Literal["reject", "drop_last", "keep"] = "reject"
    """What becomes of an answer cut by `max_tokens`: rejected, kept, or a list without its last \
item. JSON that is complete all the same counts as not cut."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """How often an answer of the wrong shape, or an empty one, is asked for."""

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
        for one in faults(self):
            raise one
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
        beside = (f"{name}{end}" for end in endings for name in self.generate)
        return (*self.generate, *beside, *((self.as_,) if self.vary else ()))

    def records(self) -> Mapping[str, frozenset[str]]:
        """Probabilities by label, soft labels as they are written, what varied."""
        kinds = {"probabilities": frozenset((*self.labels, MASS)), "soft_labels": FIELDS}
        found = {
            f"{name}{ending}": kinds[option]
            for option, ending in self.beside.items()
            if getattr(self, option)
            for name in self.generate
        }
        return {**found, self.as_: frozenset(self.vary.options)} if self.vary else found

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """Probabilities, and columns whose `schema` bounds them."""
        found = {name: kind.range for name, kind in self.schema_.items() if kind.range}
        if self.probabilities:
            (column,) = self.generate
            fields = (*self.labels, MASS)
            found |= {f"{column}{PROBABILITIES}.{name}": (0.0, 1.0) for name in fields}
        return found

    def values(self) -> Mapping[str, Values]:
        """Texts, but for a `boolean`, the answers of a `choice` and what `schema` says."""
        match self.kind:
            case "boolean":
                known = Values("boolean")
            case "json" | "json_list" | "tags":
                return {name: self.schema_.get(name, Type()).values() for name in self.generate}
            case _:
                known = Values("text", self.labels)
        return dict.fromkeys(self.generate, known)

    def closed(self) -> Mapping[str, tuple[Any, ...]]:
        """True and false, the answers of a `choice`, and what `schema` lists."""
        match self.kind:
            case "boolean":
                return dict.fromkeys(self.generate, (True, False))
            case "json" | "json_list" | "tags":
                return {name: kind.closed() for name, kind in self.schema_.items() if kind.closed()}
        return dict.fromkeys(self.generate, self.labels) if self.labels else {}

    def uses(self) -> tuple[str, ...]:
        """The functions that calls are of."""
        return tuple(kind.calls_of for kind in self.schema_.values() if kind.calls_of)

    def answer_schema(self) -> Mapping[str, Any] | None:
        """For `json` and `json_list`, the shape of the columns."""
        return self._parser.schema

    def templates(self) -> dict[Key, str]:
        """The prompt and the system messages."""
        several = enumerate(self.vary.system if self.vary else ())
        all_: dict[Key, str] = {("prompt",): self.prompt, ("system",): self.system}
        all_ |= {("vary", "system", i): template for i, template in several}
        return {key: template for key, template in all_.items() if template}

    def expressions(self) -> dict[Key, str]:
        """The condition of `reverse`."""
        return {("reverse",): self.reverse} if self.reverse else {}

    def extra_names(self) -> frozenset[str]:
        """The templates see the shots."""
        return frozenset({"shots"}) if self.shots else frozenset()

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.vary.model[0] if self.vary and self.vary.model else self.model

    def also_asks(self) -> dict[Key, str]:
        """All models, where they vary."""
        several = enumerate(self.vary.model if self.vary else ())
        return {("vary", "model", i): name for i, name in several}

    def needs(self) -> tuple[Need, ...]:
        """A model that writes, one's own turn or the user's, or that weighs answers."""
        if self.probabilities:
            return ("weigh",)
        biased: tuple[Need, ...] = ("biased texts",) if self.sampling.biased_texts else ()
        return ("turn" if self.turn == "user" else "complete", *biased)

    def longest_answer(self) -> int | None:
        """What `max_tokens` says; labels that are weighed are no answer."""
        longest = max((self.vary and self.vary.max_tokens) or (0,)) or self.sampling.max_tokens
        return None if self.probabilities else longest

    def answered(self) -> Mapping[str, int]:
        """The columns, unless labels are weighed."""
        bounded = {"max_tokens": longest} if (longest := self.longest_answer()) else {}
        most = most_written({**self.sampling.chosen(), **bounded})
        return {} if self.probabilities else dict.fromkeys(self.generate, most)

    @property
    def answers(self) -> int:
        """How many answers a row asks for."""
        every = self.vary and "n" not in self.model_fields_set
        return len(self.vary.ways()) if self.vary and every else self.n

    def load(self) -> Load:
        """`n` answers, each asked for up to `attempts` times; guessed to be half as long as allowed."""
        if self.probabilities:
            return Load(1, 1, (1, 1), 1, 1)
        rows = self._parser.items if self._parser.many else (1, 1)
        chosen, n = self.sampling.chosen(), self.answers
        if bounded := self.longest_answer():
            chosen["max_tokens"] = bounded
        longest = most_written(chosen)
        written = CLOSED_ANSWER if self.labels else longest // 2
        return Load(
            n,
            n * self.attempts,
            rows and (rows[0] * n, rows[1] * n),
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
        return self._parser.many or self.answers > 1

    def twins(self) -> bool:
        """Whether one question has several answers, and chance no part in them."""
        return self.n > 1 and not self._parser.many and self.repeats()

    def repeats(self) -> bool:
        """Whether an equal prompt gets an equal answer."""
        chance = self.sampling.stochastic and not self.probabilities
        return not (chance or self.vary or self.shots)

    def doubts(self) -> dict[Key, tuple[str, str]]:
        """Several answers that can only be equal, and a choice of one."""
        if isinstance(self.parse, Choice) and len(set(self.labels)) == 1:
            (only,) = set(self.labels)
            what = f"`choice` has one answer, and so every row gets `{only}` or is rejected"
            fix = f"Add another answer; without a model: `- set: NAME` with `to: \"'{only}'\"`."
            return {("parse",): (what, fix)}
        ways = self.vary.ways() if self.vary else ({},)
        if self.answers <= len(ways) or any(map(self.stochastic, ways)):
            return {}
        what = (
            f"`n: {self.n}` at temperature 0 asks for the same answer {self.n // len(ways)} times"
        )
        return {("n",): (what, "Raise `temperature`, or ask once.")}

    def pools(self) -> tuple[str, ...]:
        """The pools that shots are drawn from."""
        return tuple(draw.from_ for draw in self.shots)

    def stochastic(self, way: Varied) -> bool:
        """Whether answers differ that are asked for in the same way."""
        return bool(way.get("temperature", self.sampling.temperature) != 0)

    @cached_property
    def _parser(self) -> Parser:
        return self.parser(self.generate)

    def parser(self, columns: tuple[str, ...]) -> Parser:
        """Return what cuts an answer into columns, in the order of these."""
        choices = self.labels if self.kind == "choice" else ()
        return Parser(self.kind, columns, types=self.schema_, choices=choices, items=self.items)

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that draws, renders, asks, parses."""
        from sofrito.steps.generate_asking import Generating

        return [Map(bench.index, Generating(self, bench).run, self.guard(), nulls=self.makes())]
