"""`sofrito migrate`: a recipe of an older version of the language becomes one of the newest."""

from pathlib import Path

import click

from sofrito.recipe.document import load_document
from sofrito.recipe.migrate import migrated
from sofrito.recipe.rewrite import rewrite
from sofrito.recipe.version import VERSION


@click.command("migrate")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the file would change.")
def command(recipe: Path, check: bool) -> int:
    """Rewrite RECIPE, a file or a folder, in the newest version of the language.

    Only what the newest version writes otherwise is changed; comments and layout stay. Each recipe
    that it extends is a file of its own and is migrated by itself.
    """
    document = load_document(recipe)
    result = migrated(document)
    if not result.done:
        click.echo(f"{document.path} needs no change: version {VERSION}.")
        return 0
    if not check:
        rewrite(document.path, result.text, document.line_end)
    verb = "would be" if check else "is now"
    click.echo(f"{document.path} {verb} of version {VERSION}:")
    for line in result.done:
        click.echo(f"  {line}")
    return 1 if check else 0
