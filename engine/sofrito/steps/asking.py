"""Asks a teacher for answers to one question, reads them, and asks again for those that do not fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sofrito.steps.parse import Item, Parser, Unparsed
from sofrito.steps.soft import soft_record
from sofrito.steps.work import Event, Lost, Outcome, Row, Told, Work, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused

SOFT = "_soft"
_AGAIN = "That answer does not fit: {why}. Give the whole answer again, as JSON and nothing else."


@dataclass(frozen=True, slots=True)
class Way:
    """A question in one of several ways: what its seed derives from, and the columns that tell of it.

    It has no seed where ``stochastic`` is false.
    """

    question: Completion
    who: Any
    stochastic: bool = True
    columns: Item = field(default_factory=dict)


@dataclass(slots=True)
class _Read:
    """What an answer came to: items or a lost row; ``text`` is the answer to ``question``."""

    result: list[Item] | Lost
    question: Completion
    text: str = ""

    @property
    def unfit(self) -> str:
        """Why the answer does not have the shape asked for, "" where it has."""
        lost = self.result
        return lost.detail if isinstance(lost, Lost) and lost.reason == "unparseable" else ""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a step asks, the same for each of its rows: how often, and what becomes of an answer."""

    label: str
    columns: tuple[str, ...]
    stochastic: bool = True
    n: int = 1
    attempts: int = 1
    truncated: Literal["reject", "drop_last", "keep"] = "reject"

    def work(self, row: Row, question: Completion | Sequence[Way], parser: Parser) -> Work:
        """Ask ``question`` ``n`` times, with seeds of the row's own, and return what becomes of it.

        Or ask it once in each of several ways. An answer of the wrong shape is asked for again,
        ``attempts`` times in all: JSON with the wrong answer and what is wrong with it, anything
        else with another seed.
        """
        ways = question
        if isinstance(ways, Completion):
            ways = [Way(ways, i, self.stochastic) for i in range(self.n)]
        reads: list[_Read | None] = [None] * len(ways)
        events: list[Event] = []
        for attempt in range(self.attempts):
            asked = dict(self._questions(row, ways, reads, attempt))
            if not asked:
                break
            told = yield list(asked.values())
            for i, one in zip(asked, told, strict=True):
                events.append(Event(self.label, "call", {"key": one.key, **ways[i].columns}))
                reads[i] = self._read(row, parser, asked[i], one)
        results = [read.result for read in reads if read is not None]
        return self._rows(row, events, results, ways, many=parser.many or len(ways) > 1)

    def _questions(
        self, row: Row, ways: Sequence[Way], reads: list[_Read | None], attempt: int
    ) -> Iterator[tuple[int, Completion]]:
        """Yield what is to be asked, with the number of the answer that it is for."""
        for i, (way, read) in enumerate(zip(ways, reads, strict=True)):
            if read is not None and not read.unfit:
                continue
            asked = way.question if read is None else _corrected(way.question, read)
            if way.stochastic:
                seed = mix(row.key, self.label, way.who, attempt) & 0x7FFFFFFF
                yield i, replace(asked, seed=seed)
            elif read is None or asked not in (way.question, read.question):
                yield i, asked  # without a seed, the same question has the same answer

    def _read(self, row: Row, parser: Parser, question: Completion, told: Told) -> _Read:
        answer = told.answer
        if isinstance(answer, Refused):
            return _Read(Lost(row, "failed", answer.cause, answer.words), question)
        assert isinstance(answer, Answer)
        items = self._items(row, parser, answer)
        if question.soft_labels and not isinstance(items, Lost):
            items = _with_soft(row, items, answer, self.columns[0])
        return _Read(items, question, answer.text)

    def _items(self, row: Row, parser: Parser, answer: Answer) -> list[Item] | Lost:
        nothing = parser.finds_nothing(answer.text)
        closed = parser.kind in ("boolean", "choice")
        cut = answer.finish == "length" and (nothing or not closed)
        where = f"cut after {answer.completion_tokens} tokens"
        where += ", before anything was answered" if nothing else ""
        cut_off = Lost(row, "rejected", "truncated", where)
        # JSON shows by itself whether it is whole; a grammar may end on the last token allowed.
        if cut and (nothing or (self.truncated == "reject" and parser.schema is None)):
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
        return [{column: item[column] for column in self.columns} for item in items]

    def _rows(
        self,
        row: Row,
        events: list[Event],
        results: list[list[Item] | Lost],
        ways: Sequence[Way],
        *,
        many: bool,
    ) -> Outcome:
        if not many and isinstance(results[0], list):
            return [row.having({**results[0][0], **ways[0].columns}, *events)]
        row = row.told(*events)
        both = list(zip(results, ways, strict=True))
        items = [
            {**item, **way.columns}
            for result, way in both
            if isinstance(result, list)
            for item in result
        ]
        lost = [(result, way) for result, way in both if isinstance(result, Lost)]
        if len(ways) == 1:
            alone = [replace(one, row=row.having(way.columns)) for one, way in lost]
            return [*row.children(self.label, items), *alone]
        beyond = enumerate(lost, start=len(items))
        unborn = [
            replace(one, row=row.lost_child(i).having(way.columns)) for i, (one, way) in beyond
        ]
        return [*row.children(self.label, items), *unborn]


def _corrected(question: Completion, read: _Read) -> Completion:
    """Return the question with the wrong answer and what is wrong; as it is where it is no chat on JSON."""
    if question.schema is None or not question.messages or not read.text.strip():
        return question
    wrong = Message("assistant", read.text)
    why = Message("user", _AGAIN.format(why=read.unfit))
    return replace(question, messages=(*question.messages, wrong, why))


def _with_soft(row: Row, items: list[Item], answer: Answer, column: str) -> list[Item] | Lost:
    if answer.soft is None:
        return Lost(row, "failed", "no soft labels", "the model told no log-probabilities")
    (item,) = items
    return [{**item, f"{column}{SOFT}": soft_record(answer.soft)}]
