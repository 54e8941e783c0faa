"""`sofrito plan`: what a run would do, before it does it."""

import shutil
from pathlib import Path

import click

from sofrito.cli.output_format import format_option
from sofrito.cli.recipe import read, run_options


@click.command("plan")
@run_options
@click.option(
    "--pilot",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask the first N candidates first; the run reads their answers back.",
)
@format_option()
def command(
    recipe: str,
    sets: tuple[str, ...],
    allow_files: bool,
    rows: int | None,
    seed: int | None,
    out: Path,
    pilot: int | None,
    format_: str,
) -> int:
    """Tell what a run of RECIPE would do: calls, tokens, money, time, coverage, prompts.

    RECIPE is a file, a folder or a shipped recipe's name. Numbers are from the answers in the
    journal; without any they are guesses. Only --pilot asks a model.
    """
    found = read(recipe, sets, allow_files=allow_files, rows=rows, seed=seed)
    from sofrito.cli.plan_json import plan_json
    from sofrito.cli.plan_text import plan_lines
    from sofrito.cli.progress import shown
    from sofrito.export.forecast import forecast

    if found.warnings and format_ == "text":
        from sofrito.cli.problems import echo_problems

        echo_problems(found.warnings)
    with shown(f"{found.recipe.recipe}, pilot", quiet=not pilot or format_ == "json") as screen:
        told = forecast(
            found,
            workspace=out,
            pilot=pilot or 0,
            on_progress=screen.progress,
            announce=screen.say,
            allow_files=allow_files,
        )
    if format_ == "json":
        click.echo(plan_json(told))
    else:
        for line in plan_lines(told, shutil.get_terminal_size().columns):
            click.echo(line)
    return 0
