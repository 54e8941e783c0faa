"""A whole program against a remote teacher, beside a bare aiohttp loop: pace, CPU a row, memory.

Starts a mock server of 50 ms in a process of its own. The bare loop posts the same requests, reads
the answers and does nothing else. The program reads a recipe, plans, journals each answer, and
writes Parquet. Each runs in a process of its own, in turn, and the best of a few counts. Printed are
ratios; the CPU by part is from samples of the stack every 2 ms of CPU.
"""

import argparse
import asyncio
import json
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
RECIPE = """
recipe: bench-remote
models:
  teacher: {{backend: openai, base_url: "{url}", model: mock, concurrency: {concurrency}}}
seeds:
  numbers: {{file: numbers.jsonl}}
from: numbers
rows: {rows}
steps:
  - generate: answer
    prompt: "Question {{{{ number }}}}: what follows from this text? {text}"
    sampling: {{temperature: 0.7, max_tokens: 64}}
output:
  write: [{{prompt_completion: {{prompt: number, completion: answer}}}}]
"""
TEXT = "A long and winding sentence that somebody wrote. " * 8
PARTS = (  # the innermost frame that belongs to one says whose a sample is
    ("client", ("/sofrito/teachers/remote/", "/aiohttp/", "/yarl/", "/multidict/")),
    ("journal", ("/sofrito/run/journal.py", "/sofrito/run/answers.py")),
    ("render", ("/sofrito/prompts/", "/sofrito/recipe/sandbox", "/sofrito/recipe/values")),
    ("rows", ("/sofrito/steps/", "/sofrito/filters/", "/sofrito/run/sink.py")),
    ("reading", ("/sofrito/recipe/", "/jsonschema/", "/pydantic/", "/jinja2/")),
    ("output", ("/sofrito/export/", "/sofrito/formats/")),
    ("engine", ("/sofrito/run/", "/sofrito/plan/", "/sofrito/teachers/")),
    ("event loop", ("/asyncio/", "/selectors.py")),
)


class Samples:
    """Counts whose frames the processor is in; the journal's writer thread by its own clock."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.writer = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _: int, frame: FrameType | None) -> None:
        while frame is not None:
            file = frame.f_code.co_filename
            for part, paths in PARTS:
                if any(path in file for path in paths):
                    self.found[part] += 1
                    return
            frame = frame.f_back
        self.found["else"] += 1

    def tick(self, _: object) -> None:
        for thread in threading.enumerate():
            if thread.name == "journal" and thread.ident is not None:
                clock = time.pthread_getcpuclockid(thread.ident)
                self.writer = time.clock_gettime(clock)


def program(url: str, rows: int, concurrency: int) -> dict[str, Any]:
    """Run the whole program and return what it took."""
    import sofrito.teachers.remote.teacher as remote
    from sofrito.export.make import make
    from sofrito.plan.vocabulary import vocabulary
    from sofrito.recipe.read import read_recipe

    sent: list[float] = []
    ended: list[float] = []

    class Timed(remote.OpenAITeacher):
        async def answer(self, call: Any) -> Any:
            if not sent:
                sent.append(time.perf_counter())
            result = await super().answer(call)
            ended[:] = [time.perf_counter()]
            return result

    remote.OpenAITeacher = Timed  # type: ignore[misc]
    samples = Samples()
    before = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = (f'{{"number": "{n}"}}\n' for n in range(rows))
        (folder / "numbers.jsonl").write_text("".join(lines))
        said = RECIPE.format(url=url, concurrency=concurrency, rows=rows, text=TEXT)
        (folder / "recipe.yaml").write_text(said)
        with samples.taken():
            found = read_recipe(folder / "recipe.yaml", vocabulary())
            made = make(found, workspace=folder / "runs", on_progress=samples.tick)
        assert made.ended.accepted == rows
        assert made.ended.totals.asked == rows
    work = time.process_time() - before
    total = samples.found.total()
    parts = {part: (work - samples.writer) * n / total for part, n in samples.found.items()}
    parts["journal's thread"] = samples.writer
    return {"asking": ended[0] - sent[0], "parts": parts, "work": work}


def bare(url: str, rows: int, concurrency: int) -> dict[str, Any]:
    """Post the same requests in a loop and read the answers."""
    import aiohttp

    numbers = iter(range(rows))

    async def worker(session: aiohttp.ClientSession) -> None:
        for n in numbers:
            prompt = f"Question {n}: what follows from this text? {TEXT.strip()}"
            body = {
                "model": "mock",
                "messages": [{"role": "user", "content": prompt}],
                "temperature": 0.7,
                "max_tokens": 64,
                "seed": n,
            }
            async with session.post(f"{url}/chat/completions", json=body) as response:
                answer = await response.json()
                assert answer["choices"][0]["message"]["content"]

    async def go() -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(worker(session) for _ in range(concurrency)))

    before, start = time.process_time(), time.perf_counter()
    asyncio.run(go())
    return {"asking": time.perf_counter() - start, "work": time.process_time() - before}


def measured(part: str, url: str, rows: int, concurrency: int) -> dict[str, Any]:
    """Run a part in a process of its own; adds its wall seconds, CPU seconds and peak memory in MB."""
    start = time.perf_counter()
    options = ["--part", part, "--url", url, "--rows", str(rows), "--concurrency", str(concurrency)]
    said = subprocess.run(
        [sys.executable, __file__, *options], capture_output=True, text=True, check=True
    )
    return json.loads(said.stdout) | {"wall": time.perf_counter() - start}


def best(part: str, url: str, rows: int, concurrency: int, times: int) -> dict[str, Any]:
    runs = [measured(part, url, rows, concurrency) for _ in range(times)]
    return min(runs, key=lambda run: run["asking"])


def compared(url: str, rows: int, concurrency: int, times: int) -> dict[str, Any]:
    """Print a program beside the bare loop and return what the program took."""
    loop = best("bare", url, rows, concurrency, times)
    whole = best("program", url, rows, concurrency, times)
    ideal = rows / concurrency * 0.05
    print(f"{rows:,} rows, {concurrency} in flight (ideal {ideal:.2f} s)")
    for name, one in (("bare loop", loop), ("program", whole)):
        print(
            f"  {name:10} first to last {one['asking']:6.2f} s, {rows / one['asking']:6,.0f} rows/s, "
            f"process {one['wall']:6.2f} s, {one['work'] / rows * 1e3:5.2f} ms CPU a row, "
            f"peak {one['peak']:4.0f} MB"
        )
    print(f"  program / bare loop, first to last   {whole['asking'] / loop['asking']:5.2f} x")
    print(f"  program / bare loop, whole process   {whole['wall'] / loop['wall']:5.2f} x")
    print(f"  rate of the bare loop reached        {loop['asking'] / whole['asking']:5.2f}")
    told = sorted(whole["parts"].items(), key=lambda item: -item[1])
    print("  CPU a row: " + ", ".join(f"{part} {s / rows * 1e6:.0f} us" for part, s in told))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--part", choices=("program", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=256)
    options = parser.parse_args()
    if options.part:
        took = {"program": program, "bare": bare}[options.part](
            options.url, options.rows, options.concurrency
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(took | {"peak": peak}))
        return
    mock = [sys.executable, str(SUPPORT / "mock_server.py"), "--latency", "0.05"]
    with subprocess.Popen(mock, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            compared(url, 1_000, 32, options.times)
            whole = compared(url, options.rows, options.concurrency, options.times)
            twice = measured("program", url, 2 * options.rows, options.concurrency)
            print(f"memory, 2 x the rows   {twice['peak'] / whole['peak']:5.2f} x")
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
