"""The call engine: what it costs beside the bare calls, how fast it replays, and that memory stays flat.

Prints, in one run: CPU microseconds a call of the engine (journal with synchronous FULL, rows
written) against a bare asyncio loop over the same zero-latency teacher; the speed of a replay from
the journal against the first run; and peak memory for few rows against eight times as many.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sofrito.plan.compile import compiled
from sofrito.plan.program import Program
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.model import Recipe
from sofrito.run.budget import Limits
from sofrito.run.session import run_program
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Teacher

RECIPE = {
    "recipe": "bench",
    "models": {"teacher": {"backend": "scripted"}},
    "steps": [
        {"generate": "question", "prompt": "Write a question about {{ 'x' * 400 }}."},
        {"filter": "question", "by": [{"length": {"words": [1, 50]}}]},
        {"generate": "answer", "prompt": "{{ question }} {{ 'y' * 400 }}"},
    ],
    "output": {"write": [{"messages": {"prompt": "question", "completion": "answer"}}]},
}


class Instant(Teacher):
    """Answers at once with a text of its call's seed."""

    concurrency = 256
    identity = {"backend": "instant"}

    async def answer(self, call: Completion) -> Answer:
        await asyncio.sleep(0)
        return Answer(f"text {call.seed} {'word ' * 30}", "stop", 100, 40)

    async def close(self) -> None:
        pass


def program(rows: int) -> Program:
    recipe = Recipe.model_validate({**RECIPE, "rows": rows}, context=vocabulary())
    return compiled(recipe, folder=Path(__file__).parent, pools={}, axes={})


def run(workspace: Path, rows: int) -> tuple[int, float, float]:
    """Return calls asked, CPU seconds, wall seconds."""
    folder = workspace / "bench" / str(rows)
    folder.mkdir(parents=True, exist_ok=True)
    cpu, wall = time.process_time(), time.perf_counter()
    ended = run_program(
        program(rows),
        folder,
        workspace=workspace,
        teachers={"teacher": Instant()},
        limits=Limits(),
        on_progress=lambda _: None,
    )
    assert ended.accepted == rows
    return ended.totals.asked, time.process_time() - cpu, time.perf_counter() - wall


def bare(calls: int) -> float:
    """Return CPU seconds of the same calls in a loop with 256 workers and nothing around them."""
    teacher, numbers = Instant(), iter(range(calls))

    async def worker() -> None:
        for n in numbers:
            prompt = f"Write a question about {'x' * 400}."
            await teacher.answer(Completion("m", (Message("user", prompt),), seed=n))

    async def go() -> None:
        await asyncio.gather(*(worker() for _ in range(256)))

    start = time.process_time()
    asyncio.run(go())
    return time.process_time() - start


def peak(rows: int) -> int:
    """Return the peak memory in kB of a process of its own that makes so many rows."""
    said = subprocess.run(
        [sys.executable, __file__, "--peak", str(rows)], capture_output=True, text=True, check=True
    )
    return int(json.loads(said.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--peak", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.peak:
            run(Path(folder), options.peak)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            return
        asked, cpu, wall = run(Path(folder), options.rows)
        again, _, replay = run(Path(folder), options.rows)
        assert again == 0
    loop = bare(asked)
    print(f"{asked:,} calls for {options.rows:,} rows")
    print(f"engine      {cpu / asked * 1e6:6.0f} us CPU a call, {asked / wall:,.0f} calls/s")
    print(f"bare loop   {loop / asked * 1e6:6.0f} us CPU a call")
    print(f"engine / bare loop     {cpu / loop:5.1f} x the CPU of a call that costs nothing")
    print(
        f"replay / first run     {wall / replay:5.1f} x as fast, {asked / replay:,.0f} calls/s, 0 asked"
    )
    few, many = peak(options.rows), peak(8 * options.rows)
    print(
        f"memory, 8 x the rows   {many / few:5.2f} x ({few / 1024:.0f} MB -> {many / 1024:.0f} MB)"
    )


if __name__ == "__main__":
    main()
