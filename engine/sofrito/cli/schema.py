"""`sofrito schema`: the JSON Schema of recipes, and the reference that is made from it."""

import click

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.reference import INTRODUCTION, write_reference
from sofrito.recipe.schema import published, write_schemas
from sofrito.shipped import shipped


@click.command("schema")
@click.option(
    "--write", is_flag=True, help="Write it into schemas/ and, in a checkout, docs/recipe.md."
)
def command(write: bool) -> None:
    """Print the JSON Schema that recipes are checked against."""
    if not write:
        click.echo(published(vocabulary()), nl=False)
        return
    schemas = shipped("schemas")
    click.echo(write_schemas(schemas, vocabulary()))
    docs = schemas.parent / "docs"
    if (docs / INTRODUCTION).is_file():
        click.echo(write_reference(docs, vocabulary()))
