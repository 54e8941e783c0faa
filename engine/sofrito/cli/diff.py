"""`sofrito diff`: what two recipes would do differently, and which calls both ask."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from sofrito.cli.recipe import read
from sofrito.cli.versions import from_git
from sofrito.export.record import RECORD, recorded_identities
from sofrito.plan.compile import compiled
from sofrito.plan.difference import (
    Change,
    Sides,
    changes,
    dealt_otherwise,
    pools_grown_otherwise,
)
from sofrito.plan.fingerprint import template_texts
from sofrito.plan.inputs import Inputs, inputs
from sofrito.plan.program import Program
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.run.overlap import Shared, identities_of, shared_calls

ENDED = ("complete", "short", "hopeless")
"""What a run says of itself that has come to its end, for good or bad."""


@dataclass(frozen=True)
class _Side:
    """A recipe to compare: as it was named, as it was read, and what it draws from."""

    name: str
    read: Read
    given: Inputs
    known: Mapping[str, Mapping[str, Any]]
    ended: bool = True

    @property
    def texts(self) -> dict[str, str]:
        """The texts of its template files by name."""
        named = (t for step in self.read.recipe.steps for t in step.templates().values())
        return template_texts(named, TemplateSources(self.read.folders))

    def program(self, identities: Mapping[str, Mapping[str, Any]]) -> Program:
        """Return what it runs."""
        given = self.given
        return compiled(
            self.read.recipe, folder=self.read.folders, pools=given.pools, axes=given.axes,
            records=given.records, source=given.source, hashes=given.hashes, identities=identities,
        )  # fmt: skip


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--allow-files", is_flag=True, help="Let them read files outside their folders.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(before: str, after: str, allow_files: bool, format_: str) -> int:
    """Say what AFTER would do otherwise than BEFORE, step by step, and which calls both ask.

    Each is a recipe's file or folder, a shipped recipe's name, a run's folder (the recipe as it
    ran), or a version in git: recipe.yaml@HEAD~1. No model is asked.
    """
    with ExitStack() as stack:
        sides = [_side(name, stack, allow_files=allow_files) for name in (before, after)]
        both = Sides(
            sides[0].read.recipe,
            sides[1].read.recipe,
            (sides[0].texts, sides[1].texts),
            (sides[0].given.hashes, sides[1].given.hashes),
        )
        found = changes(both)
        known = [identities_of(side.read.recipe, side.read.folders, side.known) for side in sides]
        programs = [side.program(who) for side, who in zip(sides, known, strict=True)]
        shared = shared_calls(programs[0], programs[1], (known[0], known[1]))
    same = programs[0].fingerprint == programs[1].fingerprint
    pools = pools_grown_otherwise(both, found)
    whole = all(one.reused == one.asked for one in shared)
    dealt = "" if whole else dealt_otherwise(both)
    unended = [side.name for side in sides if not side.ended]
    if format_ == "json":
        click.echo(_json(found, shared, pools, dealt, unended, same=same))
    else:
        _echo(found, shared, pools, same=same)
        if dealt:
            click.echo(dealt)
        for name in unended:
            click.echo(f"The run {name} has not ended: this is the recipe that it began with.")
    return 0


def _side(name: str, stack: ExitStack, *, allow_files: bool) -> _Side:
    path, known = Path(name), dict[str, Mapping[str, Any]]()
    if (path / RECORD / "recipe.yaml").is_file() and not (path / "recipe.yaml").exists():
        known = recorded_identities(path)
        found = read(str(path / RECORD), (), allow_files=True)
        return _Side(name, found, inputs(found, allow_files=True), known, _has_ended(path))
    if "@" in name and not path.exists():
        file, _, revision = name.rpartition("@")
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sofrito-diff-")))
        name = str(from_git(file, revision, folder))
    found = read(name, (), allow_files=allow_files)
    return _Side(name, found, inputs(found, allow_files=allow_files), known)


def _has_ended(run: Path) -> bool:
    """Say whether a run came to an end: rows enough, or no way to more."""
    try:
        return json.loads((run / "manifest.json").read_bytes())["status"] in ENDED
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _json(
    found: Sequence[Change],
    shared: Sequence[Shared],
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
        "pools_grown_otherwise": pools,
        "axes_dealt_otherwise": dealt,
        "runs_not_ended": unended,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _echo(
    found: Sequence[Change], shared: Sequence[Shared], pools: Sequence[str], *, same: bool
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
    click.echo(click.style("calls of its first candidates", bold=True))
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
