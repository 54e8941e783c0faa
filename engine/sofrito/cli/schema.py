"""`sofrito schema`: the JSON Schemas of the files that people write, and what else is generated."""

from collections.abc import Callable

import click

from sofrito.cli.problem_pages import write_pages
from sofrito.plan.vocabulary import BUILT_IN, vocabulary
from sofrito.problems import did_you_mean
from sofrito.recipe.gallery_card import GalleryCard
from sofrito.recipe.heads import OperatorHead, RubricHead
from sofrito.recipe.reference import INTRODUCTION, write_reference
from sofrito.recipe.schema import model_schema, published, recipe_schema, write_schemas
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.schema_plugins import with_plugins
from sofrito.run.manifest_file import ManifestFile
from sofrito.shipped import shipped

SCHEMAS: dict[str, Callable[[], Schema]] = {
    "recipe": lambda: recipe_schema(BUILT_IN),
    "operator": lambda: model_schema(OperatorHead, "operator head"),
    "rubric": lambda: model_schema(RubricHead, "rubric head"),
    "card": lambda: model_schema(GalleryCard, "gallery card"),
    "manifest": lambda: model_schema(ManifestFile, "manifest"),
}
"""What makes each schema that is published, by its name."""


@click.command("schema")
@click.argument("name", default="recipe")
@click.option(
    "--write",
    is_flag=True,
    help="Write all of them into schemas/ and, in a checkout, what in docs/ is generated.",
)
def command(name: str, write: bool) -> None:
    """Print the JSON Schema NAME: recipe, operator, rubric, card or manifest.

    That of recipes has the words of installed packages too; what --write publishes has not.
    """
    if name not in SCHEMAS:
        near = did_you_mean(name, SCHEMAS, otherwise=f"There are {', '.join(SCHEMAS)}.")
        raise click.UsageError(f"There is no schema `{name}`. {near}")
    if not write:
        schema = SCHEMAS[name]()
        schema = with_plugins(schema, vocabulary()) if name == "recipe" else schema
        click.echo(published(schema), nl=False)
        return
    folder = shipped("schemas")
    for file in write_schemas(folder, {name: make() for name, make in SCHEMAS.items()}):
        click.echo(file)
    docs = folder.parent / "docs"
    if (docs / INTRODUCTION).is_file():
        click.echo(write_reference(docs, BUILT_IN))
        click.echo(write_pages(docs))
