"""`sofrito validate`: every problem of a recipe at once."""

import click

from sofrito.cli.problems import as_json, echo_problems
from sofrito.cli.recipe import read, recipe_options
from sofrito.problems import RecipeError


@click.command("validate")
@recipe_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(recipe: str, sets: tuple[str, ...], allow_files: bool, format_: str) -> int:
    """Check RECIPE, a file, a folder or a shipped recipe's name.

    Every problem is reported at once, with its place and what to do. Exit code 2 if there is one.
    """
    try:
        found = read(recipe, sets, allow_files=allow_files)
    except RecipeError as error:
        if format_ == "text":
            raise
        click.echo(as_json(error.problems))
        return 2
    if format_ == "json":
        click.echo(as_json(found.warnings))
        return 0
    if found.warnings:
        echo_problems(found.warnings)
    name, steps = found.recipe.recipe, len(found.recipe.steps)
    click.echo(
        f"{click.style('ok', fg='green', bold=True)}: {name}, {steps} step{'s' * (steps != 1)}"
    )
    return 0
