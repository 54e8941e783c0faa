"""The sandbox: HumanEval's solutions pass, broken ones fail, and a run costs little beside a bare process.

Prints, in one run over the same programs: how many of the canonical solutions pass, and of those
with one line broken, in WebAssembly; and milliseconds a run, one after another, against a bare
process of this machine's Python, which keeps nothing out. Needs the extra `sandbox` and the
reference data beside the checkout.
"""

import argparse
import asyncio
import gzip
import json
import statistics
import time
from pathlib import Path

from sofrito.sandbox import Job, Runner
from sofrito.sandbox.native import ALLOWED, unsafe_runner
from sofrito.sandbox.wasm import WasmRunner
from sofrito.teachers.llama.weights import user_cache

DATA = Path(__file__).parents[2] / "shared/data/code/HumanEval.jsonl.gz"
TIMED = 40


def jobs(path: Path) -> tuple[list[Job], list[Job]]:
    with gzip.open(path, "rt") as file:
        tasks = [json.loads(line) for line in file]
    right, wrong = [], []
    for task in tasks:
        tests = f"{task['test']}\ncheck({task['entry_point']})"
        solution = task["canonical_solution"]
        before, found, after = solution.rpartition("return ")
        broken = f"{before}{found}[][0] if True else {after}"
        right.append(Job(task["prompt"] + solution, tests, 30.0, 512))
        wrong.append(Job(task["prompt"] + broken, tests, 30.0, 512))
    return right, wrong


async def passed(runner: Runner, several: list[Job]) -> int:
    ends = await asyncio.gather(*map(runner.run, several))
    return sum(not one.reason for one in ends)


async def milliseconds(runner: Runner, several: list[Job]) -> float:
    times = []
    for job in several[:TIMED]:
        start = time.perf_counter()
        await runner.run(job)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


async def main(path: Path) -> None:
    right, wrong = jobs(path)
    wasm, bare = WasmRunner(user_cache(), print), unsafe_runner({ALLOWED: "1"})
    try:
        good, bad = await passed(wasm, right), await passed(wasm, wrong)
        print(f"canonical solutions that pass: {good} of {len(right)}")
        print(f"with a line broken that pass:  {bad} of {len(wrong)}")
        kept, loose = await milliseconds(wasm, right), await milliseconds(bare, right)
    finally:
        await wasm.close()
    print(f"a run in WebAssembly {kept:.0f} ms, bare {loose:.0f} ms: {kept / loose:.2f} times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    asyncio.run(main(parser.parse_args().data))
