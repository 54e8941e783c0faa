"""`sofrito run`: make the dataset of a recipe, or go on where a run stopped."""

from pathlib import Path

import click

from sofrito.cli.output_format import format_option
from sofrito.cli.pipe import reader_may_leave
from sofrito.cli.recipe import read, run_options


@click.command("run")
@run_options
@click.option("--limit-calls", type=click.IntRange(min=0), help="Calls this session may make.")
@click.option("--quiet", is_flag=True, help="Print nothing but problems.")
@format_option(help_="What to print at the end: a summary, or the manifest.")
def command(
    recipe: str,
    sets: tuple[str, ...],
    allow_files: bool,
    rows: int | None,
    seed: int | None,
    out: Path,
    limit_calls: int | None,
    quiet: bool,
    format_: str,
) -> int:
    """Make the dataset of RECIPE, a file, a folder or a shipped recipe's name.

    What was asked before is read back from the journal, so the same command goes on after a crash,
    a Ctrl-C or an edit. Exit code 1 if fewer rows came out than were wanted.
    """
    found = read(recipe, sets, allow_files=allow_files, second_opinion=True, rows=rows, seed=seed)
    from sofrito.cli.progress import shown
    from sofrito.cli.summary import echo_summary
    from sofrito.export.make import make

    if found.warnings and not quiet:
        from sofrito.cli.problems import echo_problems

        echo_problems(found.warnings)
    with shown(found.recipe.recipe, quiet=quiet or format_ == "json") as screen:
        made = make(
            found,
            workspace=out,
            session_calls=limit_calls,
            on_progress=screen.progress,
            announce=screen.say,
            allow_files=allow_files,
        )
    with reader_may_leave():
        if format_ == "json":
            click.echo((made.folder / "manifest.json").read_text(encoding="utf-8"), nl=False)
        elif not quiet or made.exit_code:
            echo_summary(made, quiet=quiet)
    return made.exit_code
