"""`sofrito recipes`: what is shipped."""

import json

import click

from sofrito.cli.output_format import format_option
from sofrito.cli.recipe import read
from sofrito.shipped import shipped_recipes


@click.command("recipes")
@format_option()
def command(format_: str) -> None:
    """List the recipes that come with Sofrito, with one line each."""
    found = [
        {
            "name": name,
            "title": read(name, (), allow_files=False).recipe.title,
            "folder": str(folder),
        }
        for name, folder in shipped_recipes().items()
    ]
    if format_ == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    width = max(len(one["name"]) for one in found)
    for one in found:
        click.echo(f"{click.style(one['name'].ljust(width), bold=True)}  {one['title']}")
    click.echo(
        f"\nRun one with `sofrito run {found[0]['name']}`; its files are in {found[0]['folder']}."
    )
