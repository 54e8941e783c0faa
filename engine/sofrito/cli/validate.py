"""`sofrito validate`: every problem of a recipe at once."""

from collections.abc import Iterable

import click

from sofrito.cli.output_format import format_option
from sofrito.cli.problems import as_json, echo_problems
from sofrito.cli.recipe import read, recipe_options
from sofrito.problems import Problem, RecipeError


@click.command("validate")
@recipe_options
@format_option("sarif")
def command(recipe: str, sets: tuple[str, ...], allow_files: bool, format_: str) -> int:
    """Check RECIPE, a file, a folder or a shipped recipe's name.

    Every problem is reported at once, with its place and what to do, on standard error; `ok`, or the
    problems as JSON or SARIF, goes to standard output. Exit code 2 if there is an error.
    """
    try:
        found = read(recipe, sets, allow_files=allow_files)
    except RecipeError as error:
        if format_ == "text":
            raise
        click.echo(_for_machines(error.problems, format_))
        return 2
    if format_ != "text":
        click.echo(_for_machines(found.warnings, format_))
        return 0
    if found.warnings:
        echo_problems(found.warnings)
    name, steps = found.recipe.recipe, len(found.recipe.steps)
    click.echo(
        f"{click.style('ok', fg='green', bold=True)}: {name}, {steps} step{'s' * (steps != 1)}"
    )
    return 0


def _for_machines(problems: Iterable[Problem], format_: str) -> str:
    if format_ == "json":
        return as_json(problems)
    from sofrito.cli.sarif import as_sarif

    return as_sarif(problems)
