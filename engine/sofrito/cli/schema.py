"""`sofrito schema`: the JSON Schema of recipes."""

import click

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.schema import published, write_schemas
from sofrito.shipped import shipped


@click.command("schema")
@click.option("--write", is_flag=True, help="Write the schemas into the folder that ships them.")
def command(write: bool) -> None:
    """Print the JSON Schema that recipes are checked against."""
    if write:
        click.echo(write_schemas(shipped("schemas"), vocabulary()))
    else:
        click.echo(published(vocabulary()), nl=False)
