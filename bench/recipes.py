"""Every shipped recipe, run: rows asked for and accepted, calls, tokens, seconds.

    python bench/recipes.py                              # a scripted teacher answers for every model
    python bench/recipes.py --teacher embedded           # the models that the recipes name
    python bench/recipes.py --teacher http://localhost:8000/v1

A line is printed when its run ends. Calls, tokens and seconds are those of all sessions: after a
Ctrl-C or a crash the same command goes on, and what was answered is not asked again. The exit code
is that of the worst run: 0 if each has all its rows, 1 if one fell short, 130 if it was interrupted.
"""

import argparse
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from types import FrameType
from typing import Any

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import EMBEDDER, Recipe
from sofrito.recipe.read import read_recipe
from sofrito.run.journal import total
from sofrito.run.session import JOURNAL
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.shipped import shipped_recipes

SHORT, BUG, INTERRUPTED = 1, 3, 130
HEADS = ("recipe", "asked", "accepted", "calls", "tokens", "seconds")
WIDTHS = (22, 7, 9, 8, 11, 9)


@dataclass
class Runner:
    """Runs recipes one after the other, each in a process of its own, until it is interrupted."""

    options: argparse.Namespace
    models: Sequence[str]
    child: "subprocess.Popen[str] | None" = None
    stopped: bool = False
    worst: int = 0
    remarks: list[str] = field(default_factory=list)

    def stop(self, number: int, _: FrameType | None) -> None:
        """Pass Ctrl-C on to the run under way, which stores what it was answered and ends."""
        self.stopped = True
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(number)

    def run(self, name: str, path: Path) -> None:
        """Run a recipe to its end and print its line."""
        recipe = read_recipe(path, vocabulary()).recipe
        print(name.ljust(WIDTHS[0]), end="", flush=True)
        out = Path(self.options.out) / name
        command = [sys.executable, "-m", "sofrito.cli", "run", name, "--out", str(out)]
        command += ["--quiet", "--format", "json", *self._changes(recipe)]
        # In a group of its own, so that Ctrl-C reaches it once: from here.
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )
        if self.stopped:
            self.child.send_signal(signal.SIGINT)
        said, complained = self.child.communicate()
        code = self.child.returncode
        try:
            manifest = json.loads(said)
        except ValueError:  # it was told to end, or could not begin
            self.worst = max(self.worst, code if code > 0 else BUG)  # a signal's is negative
            print(f"  no run (exit code {code})")
            self.remarks += [f"{name}: {line}" for line in complained.splitlines()[:6]]
            return
        self.worst = max(self.worst, code)
        print(_line(manifest, out), flush=True)
        if code:
            self.remarks.append(f"{name}: {manifest['status']}, {manifest['reason']}")

    def _changes(self, recipe: Recipe) -> Iterator[str]:
        """Yield the options that set the models and, where it is asked for, make the run small."""
        if self.options.rows:
            yield from ("--rows", str(self.options.rows))
        if self.options.limit_calls is not None:
            yield from ("--limit-calls", str(self.options.limit_calls))
        for name, model in self._teachers(recipe):
            yield from ("--set", f"models.{name}={json.dumps(model)}")
        for at, step in enumerate(recipe.steps if self.options.max_tokens else ()):
            sampling = getattr(step, "sampling", None)
            if sampling is not None:
                most = min(sampling.max_tokens or self.options.max_tokens, self.options.max_tokens)
                yield from ("--set", f"steps.{at}.sampling.max_tokens={most}")

    def _teachers(self, recipe: Recipe) -> Iterator[tuple[str, dict[str, str]]]:
        asked = {*recipe.models, *models_asked(recipe)}
        if self.options.teacher == "scripted":
            for name in sorted(asked & {*recipe.models, EMBEDDER}):
                yield name, {"backend": "scripted"}
        elif self.models:
            server = {"backend": "openai", "base_url": self.options.teacher}
            names = sorted(set(recipe.models) - {EMBEDDER})
            for name, model in zip(names, cycle(self.models), strict=False):
                yield name, {**server, "model": model}


def _line(manifest: dict[str, Any], out: Path) -> str:
    """Return the numbers of a run; its seconds are added up in a file beside it."""
    run = out / manifest["recipe"] / manifest["fingerprint"]
    kept = run / "seconds.json"
    seconds = float(json.loads(kept.read_text())) if kept.is_file() else 0.0
    if manifest["calls"]["tries"] or not seconds:
        seconds += manifest["seconds"]
        kept.write_text(json.dumps(seconds))
    journal = SqliteJournal(out / JOURNAL, manifest["fingerprint"])
    try:
        spent = total(journal.spent())
    finally:
        journal.close()
    wanted = manifest["wanted"]
    numbers = ["all" if wanted is None else f"{wanted:,}", f"{manifest['rows']:,}"]
    numbers += [f"{spent.calls:,}", f"{spent.tokens:,}", f"{seconds:,.1f}"]
    return "".join(n.rjust(width) for n, width in zip(numbers, WIDTHS[1:], strict=True))


def models_of(teacher: str, named: Sequence[str]) -> list[str]:
    """Return the models to ask at a server: those named, else the first that it lists."""
    if teacher in ("scripted", "embedded") or named:
        return list(named)
    try:
        with urllib.request.urlopen(f"{teacher.rstrip('/')}/models", timeout=30) as response:
            return [json.load(response)["data"][0]["id"]]
    except (urllib.error.URLError, OSError, ValueError, LookupError) as error:
        raise SystemExit(
            f"No model is told by {teacher}: {error}. Name one with --model."
        ) from error


def main() -> int:
    """Run the recipes that were named, or all; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="by default, all shipped ones")
    parser.add_argument("--teacher", default="scripted", help="scripted, embedded, or a base URL")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        help="of the server, by its name; several are given in turn to the models of a recipe",
    )
    parser.add_argument("--rows", type=int, help="for each recipe, instead of its own")
    parser.add_argument("--limit-calls", type=int, help="the most that a recipe may make this time")
    parser.add_argument("--max-tokens", type=int, help="the most that a call may write")
    parser.add_argument("--out", default="runs/recipes", help="the folder of the runs")
    options = parser.parse_args()
    shipped = shipped_recipes()
    if unknown := sorted(set(options.recipes) - set(shipped)):
        parser.error(f"no recipe is called {unknown[0]}: there are {', '.join(shipped)}")
    if options.teacher not in ("scripted", "embedded") and "://" not in options.teacher:
        parser.error(f"a teacher is scripted, embedded or a base URL, not {options.teacher}")
    runner = Runner(options, models_of(options.teacher, options.model))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, runner.stop)
    heads = zip(HEADS, WIDTHS, strict=True)
    print("".join(h.rjust(w) if at else h.ljust(w) for at, (h, w) in enumerate(heads)))
    for name in options.recipes or shipped:
        if not runner.stopped:
            runner.run(name, shipped[name])
    print("".join(f"\n{remark}" for remark in runner.remarks))
    return INTERRUPTED if runner.stopped else runner.worst


if __name__ == "__main__":
    sys.exit(main())
