"""Axes that a model makes: the records that are their values, and the file that holds them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.document import Document, load_document
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources, is_file

Records = Mapping[str, Mapping[str, str]]
"""The values of a generated axis: by id (`mechanics / forces`), the topic at each level."""

Branch = tuple[str, ...]
"""A topic with those above it, the widest first."""

FOLDER = "axes"
JOINT = " / "

_HEAD = """\
# The axis `{name}` of the recipe `{recipe}`, as a model made it. Edit it as you like: what stands here
# is used. Without this file it is made again, from the answers in the journal where they fit.
"""


def axis_id(record: Mapping[str, Any]) -> str:
    """Return the name of a value of a generated axis."""
    return JOINT.join(map(str, record.values()))


def generated_axes(read: Read) -> dict[str, Topics]:
    """Return what is asked for the axes that a model makes, by axis."""
    axes = read.recipe.axes.items()
    return {name: axis.generate for name, axis in axes if axis.generate}


def axis_file(read: Read, workspace: Path, name: str) -> Path:
    """Return the file of an axis: the one that came with the recipe, or else the workspace's."""
    place = axis_place(read, name)
    beside = (folder / place for folder in read.folders if _is_below(folder, place))
    return next(beside, workspace / place)


def _is_below(folder: Path, place: Path) -> bool:
    file = (folder / place).resolve()
    return file.is_file() and file.is_relative_to(folder.resolve())


def axis_place(read: Read, name: str) -> Path:
    """Return where in a folder the file of an axis is: elsewhere for another question, model or seed."""
    topics = generated_axes(read)[name]
    sources = TemplateSources(read.folders, params=read.recipe.values())
    prompt = sources.text(topics.prompt.strip()) if is_file(topics.prompt) else topics.prompt
    model = read.recipe.model(read.recipe.model_for(topics.model))
    who = [model.backend, model.model, Path(model.path).name, model.hub]
    asked = [topics.from_, topics.levels, topics.width, prompt, who, str(read.recipe.seed)]
    digest = xxhash.xxh3_64_hexdigest(orjson.dumps(asked))[:8]
    return Path(read.recipe.recipe, FOLDER, f"{name}-{digest}.yaml")


def records_of(levels: Sequence[str], paths: Sequence[Branch]) -> dict[str, dict[str, str]]:
    """Return the records of topics with those above them, by id; one that is there twice, once."""
    records = (dict(zip(levels, path, strict=True)) for path in paths)
    return {axis_id(record): record for record in records}


def placeholders(topics: Topics) -> dict[str, dict[str, str]]:
    """Return records that stand for those that are not made yet."""
    numbers = range(1, topics.width + 1)
    paths = product(*([f"{level} {n}" for n in numbers] for level in topics.levels))
    return records_of(topics.levels, [*paths])


def axis_text(read: Read, name: str, paths: Sequence[Branch]) -> str:
    """Return the file of an axis with these topics."""
    topics = generated_axes(read)[name]
    levels = ", ".join(topics.levels)
    lines = [
        _HEAD.format(name=name, recipe=read.recipe.recipe) + f"subject: {_scalar(topics.from_)}",
        f"levels: [{levels}]",
        "topics:",
        *_tree(paths, 1),
    ]
    return "\n".join(lines) + "\n"


def _tree(paths: Sequence[Branch], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for first in dict.fromkeys(path[0] for path in paths):
        below = [path[1:] for path in paths if path[0] == first and path[1:]]
        if below:
            yield f"{indent}{_scalar(first)}:"
            yield from _tree(below, depth + 1)
        else:
            yield f"{indent}- {_scalar(first)}"


def _scalar(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def read_axis(file: Path, topics: Topics) -> dict[str, dict[str, str]]:
    """Return the records in the file of an axis; raises RecipeError with every problem in it."""
    document = load_document(file)
    data, problems = document.data, list[Problem]()
    paths = [*_paths(document, ("topics",), data.get("topics"), (), len(topics.levels), problems)]
    if not paths and not problems:
        what = f"`{file.name}` has no topics."
        fix = "Write some, or remove the file: then they are made again."
        problems.append(Problem("SOF211", document.span(()), what, fix))
    if problems:
        raise RecipeError(problems)
    return records_of(topics.levels, paths)


def _paths(
    document: Document,
    at: tuple[str | int, ...],
    node: Any,
    above: Branch,
    levels: int,
    problems: list[Problem],
) -> Iterator[Branch]:
    if node is None:
        return
    if levels == 1 and isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, list | dict) or value in (None, ""):
                what, fix = "A topic of the last level is a text.", "Such as `- forces`."
                problems.append(Problem("SOF103", document.span((*at, index)), what, fix))
            else:
                yield (*above, document.source((*at, index)))
    elif levels > 1 and isinstance(node, dict):
        for key, below in node.items():
            yield from _paths(document, (*at, key), below, (*above, key), levels - 1, problems)
    else:
        what, fix = "The topics of the last level are a list.", "Write a line for each: `- forces`."
        if levels > 1:
            more = "level" if levels == 2 else "levels"
            what = f"Topics with {levels - 1} more {more} below them are the keys of a mapping."
            fix = "Write `mechanics:`, and below it, indented, what belongs to it."
        problems.append(Problem("SOF103", document.span(at), what, fix))
