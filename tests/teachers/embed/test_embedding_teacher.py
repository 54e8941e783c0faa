"""What every teacher that embeds does alike: it gathers, settles, refuses, closes."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion, Embed, Message
from sofrito.teachers.embed.teacher import MOST, EmbeddingTeacher
from sofrito.teachers.result import Embedded, Result
from sofrito.teachers.teacher import Refused


class Lengths:
    """Embeds a text as its length; waits for ``gate`` at each batch."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.closed = 0

    def embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        self.batches.append(list(texts))
        self.gate.wait()
        if "broken" in texts:
            raise Trouble("It broke.", "Mend it.")
        return [Embedded(bytes([len(t)]), 1) if t else Refused("no vector", "empty") for t in texts]

    def close(self) -> None:
        self.closed += 1


def teacher_of(model: Lengths) -> EmbeddingTeacher:
    return EmbeddingTeacher("The model Lengths", {"backend": "lengths"}, lambda: model)


def answers(teacher: EmbeddingTeacher, *texts: str) -> list[Result | BaseException]:
    async def run() -> list[Result | BaseException]:
        calls = (teacher.answer(Embed("embedder", text)) for text in texts)
        found = await asyncio.gather(*calls, return_exceptions=True)
        await teacher.close()
        await teacher.close()
        return found

    return asyncio.run(run())


def test_calls_made_together_are_embedded_together_and_in_order() -> None:
    model = Lengths()
    texts = [chr(97 + i % 26) * (i % 5 + 1) for i in range(MOST + 3)]
    assert answers(teacher_of(model), *texts) == [Embedded(bytes([len(t)]), 1) for t in texts]
    assert model.batches == [texts[:MOST], texts[MOST:]]
    assert model.closed == 1


def test_a_refused_text_leaves_the_others_alone() -> None:
    good, bad, other = answers(teacher_of(Lengths()), "ab", "", "c")
    assert (good, other) == (Embedded(b"\x02", 1), Embedded(b"\x01", 1))
    assert isinstance(bad, Refused)
    assert (bad.cause, bad.words) == ("no vector", "empty")


def test_trouble_reaches_all_of_a_batch() -> None:
    found = answers(teacher_of(Lengths()), "ab", "broken")
    assert [type(one) for one in found] == [Trouble, Trouble]


def test_what_is_cancelled_while_it_waits_is_never_embedded() -> None:
    model = Lengths()
    model.gate.clear()

    async def run() -> list[Result | BaseException]:
        teacher = teacher_of(model)
        tasks = [asyncio.create_task(teacher.answer(Embed("embedder", "first")))]
        while not model.batches:
            await asyncio.sleep(0.001)
        tasks += [asyncio.create_task(teacher.answer(Embed("embedder", t))) for t in ("x", "yy")]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        model.gate.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        await teacher.close()
        return found

    first, gone, last = asyncio.run(run())
    assert (first, last) == (Embedded(b"\x05", 1), Embedded(b"\x02", 1))
    assert isinstance(gone, asyncio.CancelledError)
    assert model.batches == [["first"], ["yy"]]


def test_it_can_do_nothing_else() -> None:
    async def run() -> None:
        await teacher_of(Lengths()).answer(Completion("embedder", (Message("user", "Hi"),)))

    with pytest.raises(Trouble, match=r"The model Lengths cannot write\."):
        asyncio.run(run())


def test_one_that_was_never_asked_loads_nothing() -> None:
    model = Lengths()
    assert answers(teacher_of(model)) == []
    assert model.closed == 0
