import asyncio
import math
import struct

from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer, SoftLabels
from sofrito.teachers.scripted.teacher import ScriptedTeacher


def told(text: str, k: int, **sampling: int) -> Answer:
    call = Completion("teacher", (Message("user", "Go."),), sampling, soft_labels=k)
    answer = asyncio.run(ScriptedTeacher(lambda _: text).answer(call))
    assert isinstance(answer, Answer)
    return answer


def test_soft_labels_are_asked_for() -> None:
    assert told("a b", 0).soft is None
    assert told("a b", 1) == told("a b", 1)
    assert told("", 2).soft == SoftLabels(2, "scripted", b"", b"", b"", b"")


def test_each_word_is_the_likeliest_at_its_place() -> None:
    soft = told("a b a", 3).soft
    assert soft is not None
    ids = [*struct.iter_unpack("<3i", soft.ids)]
    logprobs = [*struct.iter_unpack("<3e", soft.logprobs)]
    assert [place[0] for place in ids] == [*struct.unpack("<3i", soft.written)]
    assert [place[0] for place in logprobs] == [*struct.unpack("<3e", soft.written_logprobs)]
    assert ids[0] == ids[2] != ids[1]
    for place, likely in zip(ids, logprobs, strict=True):
        assert len(set(place)) == 3
        assert list(likely) == sorted(likely, reverse=True)
        assert sum(map(math.exp, likely)) <= 1


def test_words_that_are_cut_have_no_labels() -> None:
    assert told("a b c", 2, max_tokens=2).soft == told("a b", 2).soft
