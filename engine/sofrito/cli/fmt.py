"""`sofrito fmt`: lays recipes out in one way; what they say and their comments stay."""

import difflib
from pathlib import Path

import click

from sofrito.cli.problems import echo_problems
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.document import load_document
from sofrito.recipe.format_yaml import formatted
from sofrito.recipe.read import recipe_schema_for
from sofrito.recipe.rewrite import rewrite


@click.command("fmt")
@click.argument(
    "recipes", nargs=-1, required=True, metavar="RECIPE...", type=click.Path(path_type=Path)
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@click.option("--diff", "as_diff", is_flag=True, help="Write nothing; print what would change.")
def command(recipes: tuple[Path, ...], check: bool, as_diff: bool) -> int:
    """Lay out each RECIPE, a file or a folder: keys in order, two spaces deep, 100 characters wide.

    Comments, quotes, anchors and the file's line ends stay, and so do the order of names that are
    yours and of lists. A file that is no YAML is left alone, and its problems are shown: exit code 2.
    """
    changed = wrong = 0
    for path in recipes:
        try:
            changed += _one(path, write=not (check or as_diff), as_diff=as_diff)
        except RecipeError as error:
            echo_problems(error.problems)
            wrong += 1
    if wrong:
        return 2
    return 1 if check and changed else 0


def _one(path: Path, *, write: bool, as_diff: bool) -> bool:
    """Format one recipe and say so; return whether its text is another."""
    document = load_document(path)
    text = formatted(document, recipe_schema_for(vocabulary(), document.data))
    if text == document.text:
        return False
    if as_diff:
        echo_diff(document.path, document.text, text)
    elif write:
        rewrite(document.path, text, document.line_end)
        click.echo(f"formatted {document.path}")
    else:
        click.echo(f"would format {document.path}")
    return True


def echo_diff(path: Path, before: str, after: str) -> None:
    """Print what changes in a file, as `diff -u` does."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), str(path), lineterm=""
    )
    for line in lines:
        click.echo(click.style(line, fg=colours.get(line[:1])))
