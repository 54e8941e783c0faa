"""Keeps with a run the recipe that ran: what it said in the end, and the files that it used."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sofrito.plan.axes import axis_file, axis_place, generated_axes
from sofrito.plan.difference import plain
from sofrito.plan.fingerprint import library_texts, template_texts
from sofrito.problems import Trouble
from sofrito.recipe.model import Recipe
from sofrito.recipe.quoted import quoted
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources

RECORD = "recipe"
"""The folder of the record, in a run's folder."""

IDENTITIES = ".identities.json"
LARGEST = 5_000_000
"""Bytes of the largest seed file that is copied; of a larger one the manifest has the hash."""


def keep_recipe(
    read: Read,
    folder: Path,
    identities: Mapping[str, Mapping[str, Any]],
    files: Iterator[Path],
    workspace: Path,
) -> None:
    """Put a recipe that is a recipe again into a run's folder, in place of an older one.

    It is what ran: with what it extends merged in, and with what the command line gave. ``files``
    are its seed and axis files; the files of axes that a model made are those of the ``workspace``,
    and lie in the record as they do there. Keys are in it only as `${NAME}`. A record that is what
    runs stays as it is. Raises Trouble where nothing can be written.
    """
    record = folder / RECORD
    if record.resolve() in [one.resolve() for one in read.folders]:
        return
    try:
        shutil.rmtree(record, ignore_errors=True)
        record.mkdir(parents=True)
        (record / "recipe.yaml").write_text(written(read), encoding="utf-8", newline="\n")
        for name, text in texts_read(read.recipe, TemplateSources(read.folders)).items():
            _put(record / name, text)
        for path in files:
            _copy(path, read, record)
        for name in generated_axes(read):
            text = axis_file(read, workspace, name).read_text(encoding="utf-8-sig")
            _put(record / axis_place(read, name), text)
        (record / IDENTITIES).write_text(json.dumps(identities, indent=2), encoding="utf-8")
    except OSError as error:
        what = f"The run's folder {folder} cannot be written: {error.strerror or error}."
        raise Trouble(what, "Free some space or name another folder with --out.") from error


def texts_read(recipe: Recipe, sources: TemplateSources) -> dict[str, str]:
    """Return the texts of the templates and library files that a recipe uses, by name.

    Those that these include are among them. A library file is whole: its head says how it is used.
    """
    named = [text for step in recipe.steps for text in step.templates().values()]
    named += [axis.generate.prompt for axis in recipe.axes.values() if axis.generate]
    called = library_texts(recipe, sources)
    return {**template_texts([*named, *called], sources), **called}


def recorded_identities(run: Path) -> dict[str, Mapping[str, Any]]:
    """Return the identities of the models that a run asked, by name."""
    try:
        found: dict[str, Mapping[str, Any]] = json.loads((run / RECORD / IDENTITIES).read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def written(read: Read) -> str:
    """Return the text of a recipe as it was read, all that it extends and was given in its place."""
    data = {key: one for key, one in plain(read.recipe).items() if key != "extends"}
    return "\n".join(_lines(data, 0)) + "\n"


def _lines(data: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in data.items():
        head = f"{' ' * indent}{_scalar(key)}:"
        if isinstance(value, dict) and value and indent < 2:
            yield head
            yield from _lines(value, indent + 2)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield head
            for one in value:
                first, *more = _lines(one, indent + 4) if one else ["{}"]
                yield f"{' ' * (indent + 2)}- {first.lstrip()}"
                yield from more
        else:
            yield f"{head} {_flow(value)}"


def _flow(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and value.isidentifier() and value.lower() not in _WORDS:
        return value
    if isinstance(value, int | float | None):
        return json.dumps(value)
    return quoted(str(value))


_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none")


def _copy(path: Path, read: Read, record: Path) -> None:
    inside = next((one for one in read.folders if path.is_relative_to(one)), None)
    if inside is None or path.stat().st_size > LARGEST:
        return
    target = record / path.relative_to(inside)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
