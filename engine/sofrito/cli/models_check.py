"""`sofrito models check`: asks a model and says how it answers, how fast, and by which prompt."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sofrito.cli.output_format import format_option
from sofrito.problems import Trouble, did_you_mean
from sofrito.recipe.words import either

if TYPE_CHECKING:
    from sofrito.cli.models_try import Tried
    from sofrito.recipe.model import Model

Models = Mapping[str, "Model"]


@click.command("check")
@click.argument("spec", required=False)
@click.option(
    "--recipe", metavar="RECIPE", help="Check the models of a recipe; SPEC names one of them."
)
@click.option(
    "--model", "served", metavar="NAME", help="With a server's address: its name of the model."
)
@click.option(
    "--key", metavar="VARIABLE", help="The environment variable that holds the server's key."
)
@click.option("--embed", is_flag=True, help="Ask for a vector instead of a text.")
@format_option()
def check(
    spec: str | None,
    recipe: str | None,
    served: str | None,
    key: str | None,
    embed: bool,
    format_: str,
) -> int:
    """Ask a model and say what it answers, how fast, and what its template renders.

    That is one short call to a server, which costs what it costs, and three to a local model.

    SPEC is `local`, a path, hub:owner/repository/file.gguf, a model's name as `sofrito models` lists
    it, or a server's address with --model. Exit code 1 if a model does not answer.
    """
    models, folder = _of_recipe(recipe, spec) if recipe else (_named(spec, served, key), Path())
    tries = [_tried(name, model, folder, embed=embed) for name, model in models.items()]
    if format_ == "json":
        click.echo(json.dumps([asdict(one) for one in tries], ensure_ascii=False, indent=2))
    else:
        for one in tries:
            _echo(one)
    return 0 if all(one.answered for one in tries) else 1


def _of_recipe(recipe: str, only: str | None) -> tuple[Models, Path]:
    """Return the models that a recipe asks, or the one named, and the recipe's folder."""
    from sofrito.cli.recipe import read
    from sofrito.recipe.asked import models_asked

    found = read(recipe, (), allow_files=False)
    asked = {name: found.recipe.model(name) for name in models_asked(found.recipe)}
    known = {**found.recipe.models, **asked}
    if only is None:
        return asked, found.folder
    if only not in known:
        near = did_you_mean(only, known, otherwise=f"It has {', '.join(known)}.")
        raise click.UsageError(f"The recipe has no model `{only}`. {near}")
    return {only: known[only]}, found.folder


def _named(spec: str | None, served: str | None, key: str | None) -> Models:
    from sofrito.recipe.model import Model

    if spec is None:
        raise click.UsageError("Name a model (`sofrito models` lists those here), or a --recipe.")
    if spec.startswith(("http://", "https://")):
        if served is None:
            raise click.UsageError("With a server's address, name the model: --model NAME")
        secret = f"${{{key}}}" if key else ""
        return {served: Model(backend="openai", base_url=spec, model=served, api_key=secret)}
    if spec == "local":
        return {spec: Model(model="local")}
    if served is not None:
        raise click.UsageError("--model goes with a server's address.")
    if not spec.strip():
        raise click.UsageError("Name a model: `sofrito models` lists those here.")
    if spec.startswith("hub:"):
        hub = spec.removeprefix("hub:")
        if not re.fullmatch(r"[^/\s]+/[^/\s]+(/.+\.gguf)?", hub):
            raise click.UsageError(
                f"`{spec}` is not hub:owner/repository or hub:owner/repository/file.gguf."
            )
        return {spec: _stored(hub=hub)}
    if Path(spec).expanduser().exists():
        return {spec: _stored(path=str(Path(spec).expanduser().resolve()))}
    return _here(spec)


def _stored(*, hub: str = "", path: str = "") -> "Model":
    """Return the model of a GGUF file, or else of a checkpoint."""
    from sofrito.recipe.model import Model

    gguf = hub.endswith(".gguf") or (bool(path) and not Path(path).is_dir())
    return Model(backend="llama.cpp" if gguf else "transformers", hub=hub, path=path)


def _here(name: str) -> Models:
    """Return the model on this machine of that name, be it its own or its file's."""
    from sofrito.recipe.model import Model
    from sofrito.teachers.found import found_models

    found, _ = found_models(Path())
    names = {word: one for one in found for word in (one.path.name, one.path.stem, one.name)}
    chosen = {word.casefold(): one for word, one in names.items()}.get(name.casefold())
    if chosen is None:
        known = {w: "local" if one.spec == {"model": "local"} else w for w, one in names.items()}
        raise Trouble(f"There is no model `{name}` here, and no such file.", _near(name, known))
    return {chosen.name: Model.model_validate(chosen.spec)}


def _near(name: str, known: Mapping[str, str]) -> str:
    """Suggest the names that have this one in them, by what each is called here; else the nearest."""
    folded = name.casefold()
    inside = sorted({called for word, called in known.items() if folded in word.casefold()})
    if inside:
        return f"Did you mean {either(map('`{}`'.format, inside), 'or')}?"
    return did_you_mean(
        name, [*known, "local"], otherwise="`sofrito models` lists those there are."
    )


def _tried(name: str, model: "Model", folder: Path, *, embed: bool) -> "Tried":
    from sofrito.cli.models_try import tried

    return asyncio.run(tried(name, model, folder, embed=embed))


def _echo(one: "Tried") -> None:
    click.echo(f"{click.style(one.name, bold=True)}  {one.what}")
    if one.prompt:
        click.echo("  its template renders:")
        click.echo(
            "\n".join(click.style(f"    {line}", dim=True) for line in one.prompt.split("\n"))
        )
    if one.note:
        click.echo(f"  {click.style(one.note, fg='yellow')}")
    if not one.answered:
        click.echo(f"  {click.style('no answer:', fg='red', bold=True)} {one.trouble}")
        click.echo(f"  {one.fix}\n" if one.fix else "")
        return
    click.echo(
        f"  {click.style('answered', fg='green', bold=True)} in {one.seconds:.1f} s: {one.answer}"
    )
    rates = [
        f"{verb} {rate:,.0f} tokens/s"
        for verb, rate in (("reads", one.reading), ("writes", one.writing))
        if rate
    ]
    if rates:
        click.echo(f"  {', '.join(rates)}, one call at a time")
    click.echo(f"  training on its outputs: {one.terms}\n")
