"""Asks a judge: renders the rubric, lets it reason, and reads or weighs its verdict."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sofrito.prompts import Render
from sofrito.recipe.expressions import ExpressionError
from sofrito.steps.asking import Asking
from sofrito.steps.judge_shape import Shape
from sofrito.steps.parse import Parser
from sofrito.steps.work import Event, Lost, Request, Row
from sofrito.teachers.call import Completion, Message, Weigh
from sofrito.teachers.result import Weighed
from sofrito.teachers.teacher import Refused

ALONE, TOGETHER, PAIRWISE = (f"judging/{name}.j2" for name in ("alone", "together", "pairwise"))
REASON, WEIGH = "judging/reason.j2", "judging/weigh.j2"
"""What follows the rubric in a prompt: how to answer."""

ASPECTS = "judging/looked_at.j2"
"""What stands between the two where the rubric does not show its aspects itself."""


@dataclass(frozen=True)
class Said:
    """What a judge said: ``values`` by name, or ``shares`` of labels for each question; or why nothing."""

    events: tuple[Event, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    shares: tuple[tuple[float, ...], ...] = ()
    mass: float = 1.0
    lost: Lost | None = None


Saying = Generator[list[Request], list[Any], Said]


@dataclass(frozen=True)
class Judging:
    """How a step asks its judge, the same for each row."""

    label: str
    model: str
    sampling: Mapping[str, Any]
    attempts: int
    rubric: str
    shape: Shape
    compare: str
    aspects_added: bool = False

    def answered(self, row: Row, seen: Mapping[str, Any], ending: str, parser: Parser) -> Saying:
        """Ask for a verdict in JSON, again where it does not fit; ``row`` gives the calls their seeds."""
        prompts = yield from self._prompts(row, seen, [(ending, "")])
        if isinstance(prompts, Lost):
            return Said(lost=prompts)
        question = self._question(prompts[0], parser)
        return (yield from self._asked(row, question, parser))

    def weighed(
        self, row: Row, seen: Mapping[str, Any], aspects: Sequence[str], labels: tuple[str, ...]
    ) -> Saying:
        """Ask how probable each label is, for each aspect ("" for the whole), after a rationale if any."""
        reason = self.shape.rationale
        endings = [(WEIGH, aspect) for aspect in aspects]
        prompts = yield from self._prompts(
            row, seen, [*([(REASON, "")] if reason else []), *endings]
        )
        if isinstance(prompts, Lost):
            return Said(lost=prompts)
        chats: list[tuple[Message, ...]] = [(Message("user", prompt),) for prompt in prompts]
        said = Said()
        if reason:
            parser = Parser("text", ("rationale",))
            said = yield from self._asked(row, self._question(prompts[0], parser), parser)
            if said.lost:
                return said
            # The labels are asked for in the same chat, so their question is its last message alone.
            before = (*chats[0], Message("assistant", said.values["rationale"]))
            last = yield from self._prompts(row, seen, endings, rubric=False)
            assert not isinstance(last, Lost), "these were rendered before"
            chats = [(*before, Message("user", prompt)) for prompt in last]
        told = yield [Weigh(self.model, chat, labels) for chat in chats]
        events = tuple(Event(self.label, "call", {"key": one.key}) for one in told)
        said = replace(said, events=(*said.events, *events))
        results = [one.answer for one in told]
        for result in results:
            if isinstance(result, Refused):
                return replace(said, lost=Lost(row, "failed", result.cause, result.words))
        found = [result for result in results if isinstance(result, Weighed)]
        shares = tuple(one.probabilities for one in found)
        return replace(said, shares=shares, mass=min(one.mass for one in found))

    def _prompts(
        self,
        row: Row,
        seen: Mapping[str, Any],
        endings: Sequence[tuple[str, str]],
        *,
        rubric: bool = True,
    ) -> Generator[list[Request], list[Any], list[str] | Lost]:
        """Render the rubric once, and each ending for its aspect; return the prompts."""
        first = [self.rubric, *([ASPECTS] if self.aspects_added else [])] if rubric else []
        parts = [*((name, "") for name in first), *endings]
        texts = yield [
            Render(name, {**seen, "rubric": self._told(aspect)}) for name, aspect in parts
        ]
        for text in texts:
            if isinstance(text, ExpressionError):
                return Lost(row, "failed", "template", text.words)
        said = [text.strip() for text in texts]
        return ["\n\n".join((*said[: len(first)], text)) for text in said[len(first) :]]

    def _told(self, aspect: str) -> dict[str, Any]:
        """Return what templates see as `rubric`."""
        head = self.shape.head
        said = head.model_dump(mode="json", include={"labels", "aspects", "scale", "verdict"})
        for name in ("min", "max") if head.scale else ():
            said["scale"][name] = _shown(said["scale"][name])
        for one in said["aspects"]:
            one["weight"] = _shown(one["weight"])
        how = {"compare": self.compare, "rationale": self.shape.rationale, "aspect": aspect}
        return {**said, **how}

    def _question(self, prompt: str, parser: Parser) -> Completion:
        messages = (Message("user", prompt),)
        return Completion(self.model, messages, self.sampling, parser.schema)

    def _asked(self, row: Row, question: Completion, parser: Parser) -> Saying:
        asking = Asking(
            self.label,
            parser.columns,
            stochastic=self.sampling["temperature"] != 0,
            attempts=self.attempts,
        )
        (one,) = yield from asking.work(row, question, parser)
        after = one.row if isinstance(one, Lost) else one
        events = after.story[len(row.story) :]
        if isinstance(one, Lost):
            return Said(events, lost=one)
        return Said(events, {name: one.values[name] for name in parser.columns})


def _shown(number: float) -> float:
    return int(number) if float(number).is_integer() else number
