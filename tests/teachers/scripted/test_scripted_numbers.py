import asyncio
import math
import struct

from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer, SoftLabels
from sofrito.teachers.scripted.teacher import ScriptedTeacher


def told(text: str, k: int, **sampling: int | str) -> Answer:
    call = Completion("teacher", (Message("user", "Go."),), sampling, soft_labels=k)
    answer = asyncio.run(ScriptedTeacher(lambda _: text).answer(call))
    assert isinstance(answer, Answer)
    return answer


def test_soft_labels_are_asked_for() -> None:
    assert told("a b", 0).soft is None
    assert told("a b", 1) == told("a b", 1)


def test_each_word_is_the_likeliest_at_its_place() -> None:
    soft = told("a b a", 3).soft
    assert soft is not None
    ids = [*struct.iter_unpack("<3i", soft.ids)]
    logprobs = [*struct.iter_unpack("<3e", soft.logprobs)]
    assert [place[0] for place in ids] == [*struct.unpack("<4i", soft.written)]
    assert [place[0] for place in logprobs] == [*struct.unpack("<4e", soft.written_logprobs)]
    assert ids[0] == ids[2]
    assert len({place[0] for place in ids}) == 3
    for place, likely in zip(ids, logprobs, strict=True):
        assert len(set(place)) == 3
        assert list(likely) == sorted(likely, reverse=True)
        assert sum(map(math.exp, likely)) <= 1


def test_words_that_are_cut_have_no_labels_and_an_answer_that_is_cut_has_no_end() -> None:
    whole, end = told("a b", 2).soft, told("", 2).soft
    assert whole is not None
    assert end is not None
    cut = SoftLabels(
        2,
        "scripted",
        whole.written[:8],
        whole.written_logprobs[:4],
        whole.ids[:16],
        whole.logprobs[:8],
    )
    assert told("a b c", 2, max_tokens=2).soft == cut
    assert told("a b;c", 2, stop=";").soft == cut
    assert (whole.ids[16:], whole.logprobs[8:]) == (end.ids, end.logprobs)
