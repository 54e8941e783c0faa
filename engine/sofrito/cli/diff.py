"""`sofrito diff`: what two recipes would do differently, and which calls both ask."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from sofrito.cli.recipe import read
from sofrito.cli.versions import from_git
from sofrito.export.record import RECORD, recorded_identities, texts_read
from sofrito.plan.changes import Change
from sofrito.plan.compile import program_of
from sofrito.plan.difference import Sides, changes, dealt_otherwise, pools_grown_otherwise
from sofrito.plan.inputs import Inputs, inputs
from sofrito.plan.program import Program
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.run.overlap import Shared, identities_of, journaled_calls, shared_calls
from sofrito.run.session import JOURNAL, run_folder
from sofrito.run.sqlite_journal import SqliteJournal

ENDED = ("complete", "short", "hopeless")
"""What a run says of itself that has come to its end, for good or bad."""


@dataclass(frozen=True)
class _Side:
    """A recipe to compare: as it was named, as it was read, and what it draws from.

    ``run`` is the run's folder, if it is the recipe of one.
    """

    name: str
    read: Read
    given: Inputs
    known: Mapping[str, Mapping[str, Any]]
    run: Path | None = None

    @property
    def texts(self) -> dict[str, str]:
        """The texts of its template and library files by name; of the latter with their heads."""
        return texts_read(self.read.recipe, TemplateSources(self.read.folders))

    @property
    def axes(self) -> dict[str, list[str]]:
        """The values of the axes that do not stand in the recipe."""
        axes = self.read.recipe.axes.items()
        return {name: [*self.given.axes[name]] for name, one in axes if one.file or one.generate}

    def program(self, identities: Mapping[str, Mapping[str, Any]]) -> Program:
        """Return what it runs."""
        return program_of(self.read, self.given, identities)


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--allow-files", is_flag=True, help="Let them read files outside their folders.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of runs, in whose journal calls are looked up if BEFORE ran there.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(before: str, after: str, allow_files: bool, out: Path, format_: str) -> int:
    """Say what AFTER would do otherwise than BEFORE, step by step, and which calls it need not ask.

    Each is a recipe's file or folder, a shipped recipe's name, a run's folder (the recipe as it
    ran), or a version in git: recipe.yaml@HEAD~1. No model is asked: where BEFORE has run, its
    answers are in the journal; else both recipes are tried on made-up answers.
    """
    with ExitStack() as stack:
        workspace = _workspace(Path(before), out)
        sides = [_side(name, stack, workspace, allow_files=allow_files) for name in (before, after)]
        both = Sides(
            sides[0].read.recipe,
            sides[1].read.recipe,
            (sides[0].texts, sides[1].texts),
            (sides[0].given.hashes, sides[1].given.hashes),
            (sides[0].axes, sides[1].axes),
        )
        found = changes(both)
        known = [identities_of(side.read.recipe, side.read.folders, side.known) for side in sides]
        programs = [side.program(who) for side, who in zip(sides, known, strict=True)]
        run = sides[0].run or run_folder(workspace, programs[0])
        ran = run.is_dir() and (workspace / JOURNAL).is_file()
        if ran:
            with closing(SqliteJournal(workspace / JOURNAL)) as journal:
                shared = journaled_calls(programs[1], journal, known[1])
        else:
            shared = shared_calls(programs[0], programs[1], (known[0], known[1]))
    by = str(workspace / JOURNAL) if ran else ""
    same = programs[0].fingerprint == programs[1].fingerprint
    pools = pools_grown_otherwise(both, found)
    whole = all(one.reused == one.asked for one in shared)
    dealt = "" if whole else dealt_otherwise(both)
    unended = [side.name for side in sides if side.run and not _has_ended(side.run)]
    if format_ == "json":
        click.echo(_json(found, shared, by, pools, dealt, unended, same=same))
    else:
        _echo(found, shared, by, pools, same=same)
        if dealt:
            click.echo(dealt)
        for name in unended:
            click.echo(f"The run {name} has not ended: this is the recipe that it began with.")
    return 0


def _is_run(path: Path) -> bool:
    return (path / RECORD / "recipe.yaml").is_file() and not (path / "recipe.yaml").exists()


def _workspace(before: Path, out: Path) -> Path:
    """Return the folder of runs that a run is in, or the one that is looked in."""
    return before.absolute().parents[1] if _is_run(before) else out


def _side(name: str, stack: ExitStack, workspace: Path, *, allow_files: bool) -> _Side:
    path = Path(name)
    if _is_run(path):
        record = path / RECORD
        found = read(str(record), (), allow_files=True)
        given = inputs(found, workspace=record, allow_files=True)
        return _Side(name, found, given, recorded_identities(path), path)
    if "@" in name and not path.exists():
        file, _, revision = name.rpartition("@")
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sofrito-diff-")))
        name = str(from_git(file, revision, folder))
    found = read(name, (), allow_files=allow_files)
    given = inputs(found, workspace=workspace, allow_files=allow_files)
    return _Side(name, found, given, {})


def _has_ended(run: Path) -> bool:
    """Say whether a run came to an end: rows enough, or no way to more."""
    try:
        return json.loads((run / "manifest.json").read_bytes())["status"] in ENDED
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _json(
    found: Sequence[Change],
    shared: Sequence[Shared],
    by: str,
    pools: Sequence[str],
    dealt: str,
    unended: Sequence[str],
    *,
    same: bool,
) -> str:
    told = {
        "same_dataset": same,
        "changes": [
            {
                "where": one.where,
                "kind": one.kind,
                "key": one.key,
                "before": one.before,
                "after": one.after,
                "lines": one.lines,
                "words": one.words,
            }
            for one in found
        ],
        "calls": [asdict(one) for one in shared],
        "calls_in_journal": by,
        "pools_grown_otherwise": pools,
        "axes_dealt_otherwise": dealt,
        "runs_not_ended": unended,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _echo(
    found: Sequence[Change],
    shared: Sequence[Shared],
    by: str,
    pools: Sequence[str],
    *,
    same: bool,
) -> None:
    places = dict.fromkeys(change.where for change in found)
    for place in places:
        click.echo(click.style(place or "the recipe", bold=True))
        for change in found:
            if change.where == place:
                _echo_change(change)
    if same:
        told = "but what is written of it" if found else "at all"
        click.echo(f"Nothing differs {told}: both make the same rows.")
    if not shared:
        return
    how = f"looked up in {by}" if by else "tried on made-up answers: BEFORE has no run to look into"
    click.echo(click.style("calls of its first candidates", bold=True) + f", {how}")
    width = max(len(one.step) for one in shared)
    for one in shared:
        click.echo(f"  {one.step.ljust(width)}  {_reused(one)}")
    for pool in pools:
        click.echo(f"Other rows may join the pool `{pool}`: what is drawn of them is asked anew.")


def _echo_change(change: Change) -> None:
    click.echo(f"  {change.words}")
    colours = {"+": "green", "-": "red"}
    for line in change.lines:
        if not line.startswith("@@"):
            click.echo("    " + click.style(line, fg=colours.get(line[:1])))


def _reused(one: Shared) -> str:
    if one.reused == one.asked:
        return click.style(f"all {one.asked} reused", fg="green")
    if not one.reused:
        return click.style(f"none of {one.asked} reused", fg="red")
    return click.style(f"{one.reused} of {one.asked} reused", fg="yellow")
