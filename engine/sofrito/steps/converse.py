"""Lets a simulated user and an assistant talk for several turns."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from sofrito.prompts import Render
from sofrito.recipe.base import Key, Load, Need, Part
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.fault import fault, swapped
from sofrito.recipe.field_types import NAME, Range
from sofrito.recipe.inference import list_of
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench, Step
from sofrito.steps.sampling import Sampling
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Row, Work, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.sampling import most_written
from sofrito.teachers.teacher import Refused

Role = Literal["user", "assistant"]
Turn = Generator[list[Any], list[Any], str | Lost]

_SEEN = frozenset({"messages", "exchange", "exchanges"})

_SILENT = "empty turn"

_MESSAGES = list_of(
    Values("record", fields=dict.fromkeys(("role", "content"), Values("text")), whole=True)
)


class Speaker(Part):
    """Who writes one side of a conversation."""

    example: ClassVar[Mapping[str, Any]] = {"prompt": "prompts/user.j2"}

    model: str = ""
    """Which of the recipe's models it is."""

    prompt: str = ""
    """A template file ending in .j2, or the template itself. The user's asks for the user's next \
message, and sees the `messages` so far (each with `role` and `content`), the number of this \
`exchange` from 1 and how many `exchanges` there will be; the assistant's is its system message, \
without which it has none, and is not written into the column."""

    sampling: Sampling = Sampling()
    """How it samples."""


class Converse(Step):
    """Makes a conversation: a model plays the user, and one answers as the assistant.

    The column is a list of messages with `role` (`user`, `assistant`, in turns) and `content`, and
    ends with the assistant's. The assistant sees the conversation as a chat, with its `prompt` as the
    system message; the user is asked for its next message by its own `prompt`, each time anew. A
    turn with nothing in it is asked for again, `attempts` times in all; then the row is rejected.
    """

    verb: ClassVar[str] = "converse"
    asks_at: ClassVar[Key] = ("assistant", "model")
    example: ClassVar[Mapping[str, Any]] = {
        "converse": "chat",
        "exchanges": [2, 4],
        "user": {
            "prompt": "You want to know: {{ question }}\n"
            "{% for one in messages %}{{ one.role }}: {{ one.content }}\n{% endfor %}"
            "Write your next message."
        },
        "assistant": {"prompt": "Answer briefly."},
    }

    converse: Annotated[str, Field(pattern=NAME)]
    """The new column with the messages."""

    exchanges: Range
    """Least and most exchanges, drawn for each row; one is a user's message and an assistant's."""

    user: Speaker
    """Who plays the user."""

    assistant: Speaker = Speaker()
    """Who answers."""

    opening: Annotated[str, Field(pattern=f"{NAME}|^$")] = ""
    """A column with the user's first message, instead of one that the model writes."""

    stop_when: str = ""
    """An expression that sees `messages`, `exchange` and `exchanges` beside the columns; where it is \
true after an exchange, and there were as many as `exchanges` wants at least, the conversation ends."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """How often a turn is asked for that has nothing in it."""

    truncated: Literal["reject", "keep"] = "reject"
    """What becomes of a row with a turn cut by `max_tokens`."""

    @model_validator(mode="after")
    def _sensible(self) -> "Converse":
        least, most = self.exchanges
        if not least or least > most:
            what = "a conversation has at least one exchange"
            what = what if not least else f"no conversation has {least} to {most} exchanges"
            fix = "Such as `[1, 3]`." if not least else swapped(least, most, "exchanges")
            raise fault("never", what, fix, at="exchanges")
        if not self.user.prompt.strip():
            what = "`user` needs a `prompt`, which asks for the user's next message"
            raise fault("missing", what, "Such as `user: {prompt: prompts/user.j2}`.")
        return self

    def makes(self) -> tuple[str, ...]:
        """The conversation."""
        return (self.converse,)

    def uses(self) -> tuple[str, ...]:
        """The opening."""
        return (self.opening,) if self.opening else ()

    def templates(self) -> dict[Key, str]:
        """The two prompts."""
        both: dict[Key, str] = {
            ("user", "prompt"): self.user.prompt,
            ("assistant", "prompt"): self.assistant.prompt,
        }
        return {key: template for key, template in both.items() if template}

    def names_at(self, key: Key) -> frozenset[str]:
        """The user's prompt sees the conversation so far."""
        return _SEEN if key[0] == "user" else frozenset()

    def values(self) -> Mapping[str, Values]:
        """A list of messages."""
        return {self.converse: _MESSAGES}

    def shows(self, columns: Mapping[str, Values]) -> Mapping[str, Values]:  # noqa: ARG002
        """Messages have a role and a content."""
        return {"messages": _MESSAGES}

    def expressions(self) -> dict[Key, str]:
        """The condition of `stop_when`."""
        return {("stop_when",): self.stop_when} if self.stop_when else {}

    def expression_names(self) -> frozenset[str]:
        """It sees the conversation so far."""
        return _SEEN

    def asks(self) -> str | None:
        """The assistant, or the recipe's default."""
        return self.assistant.model

    def also_asks(self) -> Mapping[Key, str]:
        """The user."""
        return {("user", "model"): self.user.model}

    def needs(self) -> tuple[Need, ...]:
        """Models that write."""
        biased = self.user.sampling.biased_texts or self.assistant.sampling.biased_texts
        return ("complete", "biased texts") if biased else ("complete",)

    def load(self) -> Load:
        """Two calls an exchange; guessed to be half as long as allowed."""
        least, most = self.exchanges
        opened = 1 if self.opening else 0
        longest = max(most_written(one.sampling.chosen()) for one in (self.user, self.assistant))
        return Load(
            least + most - opened,
            (2 * most - opened) * self.attempts,
            written=longest // 2,
            most_written=longest,
        )

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that asks the two in turns."""

        def run(row: Row, _: Candidate) -> Work:
            talk = _Talk(self, bench, row)
            lost = yield from talk.held()
            return [lost] if lost else [row.having({self.converse: talk.messages}, *talk.events)]

        return [Map(bench.index, run, self.guard(), nulls=self.makes())]


@dataclass(slots=True)
class _Talk:
    """One row's conversation as it goes."""

    step: Converse
    bench: Bench
    row: Row
    messages: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    exchange: int = 0
    exchanges: int = 0

    def held(self) -> Generator[list[Any], list[Any], Lost | None]:
        """Hold the conversation; return why the row is lost, None where it is not."""
        least, most = self.step.exchanges
        drawn = mix(self.row.key, self.bench.label, "exchanges")
        self.exchanges = least + drawn % (most - least + 1)
        system: str | Lost = ""
        if self.step.assistant.prompt:
            system = yield from self._rendered(self.step.assistant.prompt, self.row.values)
        if isinstance(system, Lost):
            return system
        while self.exchange < self.exchanges:
            self.exchange += 1
            for turn in (self._user(), self._assistant(system.strip())):
                said = yield from turn
                if isinstance(said, Lost):
                    return None if self._left_in_order(said, least) else said
            try:
                if self.exchange >= least and self._enough():
                    break
            except ExpressionError as error:
                return self._lost("failed", "expression", f"{self.step.stop_when}: {error.words}")
        return None

    def _user(self) -> Turn:
        if self.exchange == 1 and self.step.opening:
            first = self.row.values.get(self.step.opening)
            if not isinstance(first, str) or not first.strip():
                return self._lost("failed", f"`{self.step.opening}` is not a text")
            return self._said("user", first)
        prompt = yield from self._rendered(self.step.user.prompt, self._view())
        if isinstance(prompt, Lost):
            return prompt
        if not prompt.strip():
            return self._lost("failed", "template", "the user's prompt is empty")
        model = self.step.user.model or self.bench.default
        asked = (Message("user", prompt.strip()),)
        return (yield from self._asked("user", self.step.user, model, asked))

    def _assistant(self, system: str) -> Turn:
        chat = [Message("system", system)] if system else []
        chat += [Message(_role(one), one["content"]) for one in self.messages]
        speaker = self.step.assistant
        return (yield from self._asked("assistant", speaker, self.bench.model, chat))

    def _asked(self, who: Role, speaker: Speaker, model: str, messages: Sequence[Message]) -> Turn:
        """Ask for a turn until something is said, and add it; a refusal loses the row."""
        question = Completion(model, tuple(messages), speaker.sampling.chosen())
        for attempt in range(self.step.attempts if speaker.sampling.stochastic else 1):
            (told,) = yield [self._seeded(question, who, attempt, speaker)]
            self.events.append(Event(self.bench.label, "call", {"key": told.key}))
            answer = told.answer
            if isinstance(answer, Refused):
                return self._lost("failed", answer.cause, answer.words)
            assert isinstance(answer, Answer)
            if answer.finish == "length" and self.step.truncated == "reject":
                cut = f"the {who} was cut after {answer.completion_tokens} tokens"
                return self._lost("rejected", "truncated", f"{cut}, in {self._where}")
            if answer.text.strip():
                return self._said(who, answer.text)
        return self._lost("rejected", _SILENT, f"the {who} wrote nothing in {self._where}")

    def _seeded(
        self, question: Completion, who: Role, attempt: int, speaker: Speaker
    ) -> Completion:
        if not speaker.sampling.stochastic:
            return question
        seed = mix(self.row.key, self.bench.label, who, self.exchange, attempt) & 0x7FFFFFFF
        return Completion(question.model, question.messages, question.sampling, seed=seed)

    def _rendered(self, template: str, values: Mapping[str, Any]) -> Turn:
        (text,) = yield [Render(template, values)]
        if isinstance(text, ExpressionError):
            return self._lost("failed", "template", text.words)
        assert isinstance(text, str)
        return text

    def _view(self) -> dict[str, Any]:
        return {
            **self.row.values,
            "messages": list(self.messages),
            "exchange": self.exchange,
            "exchanges": self.exchanges,
        }

    def _left_in_order(self, lost: Lost, least: int) -> bool:
        """Whether the user fell silent when there were exchanges enough: then that is the end."""
        whole = len(self.messages) % 2 == 0
        return lost.reason == _SILENT and whole and len(self.messages) >= 2 * least

    def _enough(self) -> bool:
        return bool(self.step.stop_when) and expression(self.step.stop_when).truth(self._view())

    def _said(self, who: Role, text: str) -> str:
        self.messages.append({"role": who, "content": text.strip()})
        return text

    @property
    def _where(self) -> str:
        return f"exchange {self.exchange} of {self.exchanges}"

    def _lost(self, kind: Literal["failed", "rejected"], reason: str, detail: str = "") -> Lost:
        return Lost(self.row.told(*self.events), kind, reason, detail)


def _role(message: Mapping[str, str]) -> Role:
    return "user" if message["role"] == "user" else "assistant"
