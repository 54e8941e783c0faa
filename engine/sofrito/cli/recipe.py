"""The argument RECIPE and the options that change it, shared by the commands that read one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import did_you_mean
from sofrito.recipe.read import Read, read_recipe
from sofrito.shipped import shipped_recipes


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add RECIPE, --set and --allow-files to a command."""
    for option in (
        click.option(
            "--allow-files", is_flag=True, help="Let the recipe read files outside its folder."
        ),
        click.option(
            "--set",
            "sets",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override a key, such as steps.0.sampling.temperature=0.5. May be repeated.",
        ),
        click.argument("recipe"),
    ):
        command = option(command)
    return command


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add to the options of a recipe what a run of it takes: --rows, --seed, --out."""
    for option in (
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            default=Path("runs"),
            show_default=True,
            help="The folder for runs and the journal they share.",
        ),
        click.option("--seed", type=int, help="The seed of everything random, not the recipe's."),
        click.option(
            "--rows", type=click.IntRange(min=1), help="Rows to make, instead of the recipe's."
        ),
    ):
        command = option(command)
    return recipe_options(command)


def located(name: str) -> Path:
    """Return the path of a recipe given as a path or as a shipped recipe's name.

    What is here goes before what is shipped; where a name is both, stderr says which is taken.
    """
    path = Path(name)
    shipped = shipped_recipes()
    if name in shipped and path.exists():
        return _of_both(path, shipped[name])
    looks_like_path = path.exists() or path.suffix in (".yaml", ".yml") or len(path.parts) > 1
    if looks_like_path:
        return path
    if name not in shipped:
        near = did_you_mean(name, shipped, otherwise="`sofrito recipes` lists those there are.")
        what = f"There is no recipe `{name}` here, nor one shipped by that name."
        raise click.UsageError(f"{what} {near}")
    return shipped[name]


def _of_both(here: Path, shipped: Path) -> Path:
    """Return which of two recipes of one name is taken: the shipped one only if the other is none."""
    if here.is_dir() and not (here / "recipe.yaml").exists():
        click.echo(f"The folder {here} has no recipe.yaml: taken is the shipped recipe.", err=True)
        return shipped
    click.echo(
        f"Taken is {here} of this folder, not the shipped recipe of that name; "
        f"./{here} says so without this line.",
        err=True,
    )
    return here


def read(
    name: str,
    sets: tuple[str, ...],
    *,
    allow_files: bool,
    second_opinion: bool = False,
    **overrides: Any,
) -> Read:
    """Read and check a recipe; raises RecipeError with every problem."""
    given: dict[str, str] = {}
    for one in sets:
        key, equals, value = one.partition("=")
        if not equals:
            raise click.BadParameter(f"`{one}` has no `=`: write --set key=value.")
        given[key] = value
    given |= {key: str(value) for key, value in overrides.items() if value is not None}
    return read_recipe(
        located(name),
        vocabulary(),
        sets=given,
        allow_files=allow_files,
        second_opinion=second_opinion,
        here=True,
    )
