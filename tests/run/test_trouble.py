"""What becomes of the calls on their way when one of them ends the run."""

import asyncio
from pathlib import Path

import pytest
from storm import program_of, recipe_of

from sofrito.problems import Trouble
from sofrito.run.budget import Limits
from sofrito.run.journal import Spent
from sofrito.run.session import JOURNAL, run_program
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.teachers.call import Call
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Teacher


class Barred(Teacher):
    """Refuses the first call for a reason that holds for all, and answers those beside it later."""

    concurrency = 8

    def __init__(self) -> None:
        self.identity = {"backend": "barred"}
        self.asked = 0

    async def answer(self, call: Call) -> Result:
        self.asked += 1
        if self.asked == 1:
            await asyncio.sleep(0.05)
            raise Trouble("The key is wrong.", "Check it.")
        await asyncio.sleep(0.2)
        return Answer("ok", "stop", 3, 2)


def test_answers_on_their_way_are_kept(tmp_path: Path) -> None:
    steps = [{"generate": "text", "prompt": "say something"}]
    program = program_of(recipe_of({"rows": 40, "steps": steps}))
    folder, teacher = tmp_path / "run", Barred()
    folder.mkdir()
    with pytest.raises(Trouble, match="The key is wrong"):
        run_program(
            program,
            folder,
            workspace=tmp_path,
            teachers={"teacher": teacher},
            limits=Limits(),
            on_progress=lambda _: None,
        )
    journal = SqliteJournal(tmp_path / JOURNAL, program.fingerprint)
    assert teacher.asked == 8
    assert journal.spent() == {"teacher": Spent(8, 7 * 5)}
    journal.close()
