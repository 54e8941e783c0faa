"""The questions of the first candidates, with ⟨column⟩ where a column is not made yet."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sofrito.plan.estimate import CHARACTERS
from sofrito.plan.program import Program
from sofrito.prompts import Render
from sofrito.recipe.verb import Verb
from sofrito.run.candidate import Root
from sofrito.run.observe import stages
from sofrito.run.source import Candidates
from sofrito.steps.work import Gather, Map, Operation, Outcome, Row, Told, Work
from sofrito.teachers.call import (
    Call,
    CompareMath,
    Completion,
    Embed,
    Message,
    RunProgram,
    Score,
    Weigh,
)
from sofrito.teachers.result import Answer


@dataclass(frozen=True)
class Sketch:
    """The first call that a step asks for a candidate; ``missing`` are columns not made yet in it.

    ``later`` if it is not the first: that which the step is about, after others.
    """

    step: int
    candidate: str
    call: Call
    missing: tuple[str, ...] = ()
    later: bool = False

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the model reads, as messages."""
        return messages_of(self.call)


def sketched(program: Program, steps: Sequence[Verb], candidates: int) -> list[Sketch]:
    """Return the questions of the first candidates, by candidate and step, as far as they can be told.

    Nothing is asked: what is drawn is real, and a step that cannot work with what stands in for a
    column has no question.
    """
    source = Candidates(program)
    found: list[Sketch] = []
    for root, row in islice(iter(source.next, None), candidates):
        found += _of_candidate(program, steps, root, row, _question)
    return found


def sketched_further(program: Program, steps: Sequence[Verb], candidates: int) -> list[Sketch]:
    """Return the questions that :func:`sketched` does not have: on siblings, and those after others.

    Two siblings stand for all of them, alike but for what is drawn for each.
    """
    source = Candidates(program)
    found: list[Sketch] = []
    for root, row in islice(iter(source.next, None), candidates):
        found += _of_candidate(program, steps, root, row, _question_on_siblings)
        later = _of_candidate(program, steps, root, row, _question_after)
        found += (replace(one, later=True) for one in later)
    return found


Asked = Callable[[Operation, Verb, Program, Root, Row], Call | None]


def _of_candidate(
    program: Program, steps: Sequence[Verb], root: Root, row: Row, ask: Asked
) -> Iterator[Sketch]:
    missing: dict[str, None] = {}
    asked = set[int]()
    by_step: dict[int, list[Operation]] = {}
    for stage in stages(program):
        by_step.setdefault(stage.operation.step, []).append(stage.operation)
    for index, step in enumerate(steps):
        for operation in by_step.get(index, ()):
            call = ask(operation, step, program, root, row)
            if call is not None and index not in asked:
                asked.add(index)
                said = "\n".join(message.content for message in messages_of(call))
                known = dict.fromkeys((*missing, *step.asks_before()))
                unmade = tuple(name for name in known if stand_in(name) in said)
                yield Sketch(index, row.id, call, unmade)
        new = dict.fromkeys((*step.makes(), *step.rewrites()))
        missing |= new
        row = row.having({name: stand_in(name) for name in new})


def stand_in(column: str) -> str:
    """Return what stands for a column that is not made yet."""
    return f"⟨{column}⟩"


def _question(operation: Operation, _: Verb, program: Program, root: Root, row: Row) -> Call | None:
    """Return the first call of an operation, None if it asks none or not of such a row."""
    if not isinstance(operation, Map):
        return None
    return _asked(lambda: operation.run(row, root), program)


def _question_after(
    operation: Operation, step: Verb, program: Program, root: Root, row: Row
) -> Call | None:
    """Return the call that an operation asks when it has the columns that its step asks for before."""
    if not isinstance(operation, Map) or not step.asks_before():
        return None
    return _asked(lambda: operation.run(row, root), program, step.asks_before())


def _question_on_siblings(
    operation: Operation, step: Verb, program: Program, _: Root, row: Row
) -> Call | None:
    """Return the first call of an operation that looks at siblings, as if the row had two."""
    if not isinstance(operation, Gather):
        return None
    return _asked(lambda: operation.run(tuple(row.children(step.label, ({}, {})))), program)


def _asked(
    begun: Callable[[], Work | Outcome], program: Program, before: Sequence[str] = ()
) -> Call | None:
    """Return a call of what is begun, after those that ask for columns; these get stand-ins."""
    columns = [*before]
    try:
        work = begun()
        if not isinstance(work, Generator):
            return None
        replies: Any = None
        while True:
            requests = work.send(replies)
            if calls := [one for one in requests if isinstance(one, Call)]:
                if not columns:
                    work.close()
                    return calls[0]
                replies = [Told("", Answer(stand_in(columns.pop(0)), "stop", 0, 0))]
                continue
            replies = program.templates.render([one for one in requests if isinstance(one, Render)])
    except StopIteration:
        return None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None  # an operation that needs more of a column than a text


def messages_of(call: Call) -> tuple[Message, ...]:
    """Return what a call lets the model read, a bare text being the user's."""
    match call:
        case Completion() if call.prompt:
            return (Message("user", call.prompt),)
        case Completion() | Weigh():
            return call.messages
        case Score():
            return (*call.messages, Message("assistant", call.text))
        case Embed():
            return (Message("user", call.text),)
        case RunProgram():
            return (Message("user", f"{call.program}\n\n{call.tests}"),)
        case CompareMath():
            return (Message("user", f"{call.gold}\n{call.answer}"),)


def length(call: Call, missing: Mapping[str, int], tokens: Callable[[str], int]) -> int:
    """Return about how many tokens a call reads; ``missing`` has those of each stand-in."""
    if isinstance(call, RunProgram | CompareMath):
        return 0
    said = [message.content for message in messages_of(call)]
    framed = sum(tokens(text) + CHARACTERS for text in said)
    more = (
        (written - tokens(stand_in(name))) * sum(text.count(stand_in(name)) for text in said)
        for name, written in missing.items()
    )
    return max(framed + sum(more), 1)
