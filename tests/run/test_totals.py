"""What a session's totals say of the answers it was given."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from storm import program_of, recipe_of

from sofrito.run.budget import Limits
from sofrito.run.charge import Charge
from sofrito.run.session import run_program
from sofrito.run.totals import Bill, Totals
from sofrito.teachers.call import Call, Weigh
from sofrito.teachers.result import Answer, Result, Weighed
from sofrito.teachers.teacher import Refused, Teacher

DOUBT = (
    "`teacher` would have said something else: in {faint} of {all} answers it gave all the labels of "
    "`probabilities` together less than 5%; tell it in the prompt which answers to choose from"
)


@pytest.mark.parametrize(
    ("masses", "doubt"),
    [
        ([], ""),
        ([0.04], DOUBT.format(faint=1, all=1)),
        ([0.05], ""),
        ([0.01, 0.9], ""),
        ([0.01, 0.02, 0.9], DOUBT.format(faint=2, all=3)),
    ],
)
def test_a_median_mass_that_is_small_is_said(masses: list[float], doubt: str) -> None:
    totals = Totals()
    for mass in masses:
        totals.tried("teacher", Weighed((0.5, 0.5), mass, 4), Charge())
    totals.tried("teacher", Refused("context", "too long"), Charge())
    totals.tried("teacher", Answer("text", "stop", 4, 1), Charge())
    totals.tried("other", Weighed((0.5, 0.5), 1.0, 4), Charge())
    assert list(totals.doubts()) == [doubt][: bool(doubt)]


class Says(Teacher):
    """A teacher that gives the labels so much together."""

    concurrency = 4
    identity: Mapping[str, str] = {"backend": "test"}

    def __init__(self, mass: float) -> None:
        self._mass: Iterator[float] = iter([mass] * 4)

    async def answer(self, call: Call) -> Result:
        await asyncio.sleep(0)
        assert isinstance(call, Weigh)
        return Weighed((0.75, 0.25), next(self._mass), 4)

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("mass", "notes"), [(0.01, (DOUBT.format(faint=4, all=4),)), (0.9, ())], ids=["small", "large"]
)
def test_a_run_ends_with_what_its_answers_are_not_good_for(
    tmp_path: Path, mass: float, notes: tuple[str, ...]
) -> None:
    step = {"generate": "good", "prompt": "Good? {{ text }}", "parse": "boolean"}
    program = program_of(
        recipe_of(
            {
                "seeds": {"pool": {"rows": [{"text": f"row {i}"} for i in range(4)]}},
                "from": "pool",
                "steps": [{**step, "probabilities": True}],
            }
        )
    )
    folder = tmp_path / "run"
    folder.mkdir()
    ended = run_program(
        program,
        folder,
        workspace=tmp_path,
        teachers={"teacher": Says(mass)},
        limits=Limits(),
        on_progress=lambda _: None,
    )
    assert (ended.status, ended.accepted, ended.notes) == ("complete", 4, notes)


def test_what_a_teacher_did_otherwise_is_told_where_it_answered(tmp_path: Path) -> None:
    step = {"generate": "good", "prompt": "Good? {{ text }}", "parse": "boolean"}
    pool = {"rows": [{"text": "one"}]}
    recipe = {
        "seeds": {"pool": pool},
        "from": "pool",
        "steps": [{**step, "probabilities": True}],
    }
    told = []
    for session_calls in (0, 1, 0):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        teacher = Says(0.9)
        teacher.notes = ("it did otherwise",)
        ended = run_program(
            program_of(recipe_of(recipe)),
            folder,
            workspace=tmp_path,
            teachers={"teacher": teacher},
            limits=Limits(session_calls=session_calls),
            on_progress=lambda _: None,
        )
        told.append((ended.status, ended.notes))
    noted = ("complete", ("it did otherwise",))
    assert told == [("budget", ()), noted, noted]


def test_sessions_add_up_model_by_model() -> None:
    one = Totals(2, 1, 3, 2, 10, 20, {"a": Bill(3, 2, 10, 20, 0.5)})
    other = Totals(1, 0, 1, 1, 5, 6, {"a": Bill(1, 1, 1, 1, 0.25), "b": Bill(faint=1)})
    assert one + other == Totals(
        3, 1, 4, 3, 15, 26, {"a": Bill(4, 3, 11, 21, 0.75), "b": Bill(faint=1)}
    )
