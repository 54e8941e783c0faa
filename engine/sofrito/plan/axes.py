"""Axes that a model makes: the records that are their values, and the file that holds them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.document import Document, load_document
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.quoted import quoted
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources, is_file

Records = Mapping[str, Mapping[str, str]]
"""The values of a generated axis: by id (`mechanics / forces`), the topic at each level."""

Branch = tuple[str, ...]
"""A topic with those above it, the widest first."""

FOLDER = "axes"
_REMARK = 200
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


def axis_text(
    read: Read, name: str, paths: Iterable[Sequence[str]], why: Mapping[Branch, str]
) -> str:
    """Return the file of an axis with the topics of all its levels, each with those above it.

    A comment says where fewer came than were asked for, and why.
    """
    topics = generated_axes(read)[name]
    levels = ", ".join(topics.levels)
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for topic in path:
            node = node.setdefault(topic, {})
    lines = [
        _HEAD.format(name=name, recipe=read.recipe.recipe) + f"subject: {quoted(topics.from_)}",
        f"levels: [{levels}]",
        f"topics:{_remark((), tree, topics, why)}",
        *_lines((), tree, topics, why),
    ]
    return "\n".join(lines) + "\n"


def _lines(
    above: Branch, tree: Mapping[str, Any], topics: Topics, why: Mapping[Branch, str]
) -> Iterator[str]:
    indent = "  " * (len(above) + 1)
    for topic, below in tree.items():
        branch = (*above, topic)
        if len(branch) == len(topics.levels):
            yield f"{indent}- {quoted(topic)}"
        else:
            yield f"{indent}{quoted(topic)}:{_remark(branch, below, topics, why)}"
            yield from _lines(branch, below, topics, why)


def _remark(
    branch: Branch, below: Mapping[str, Any], topics: Topics, why: Mapping[Branch, str]
) -> str:
    if len(below) >= topics.width:
        return ""
    words = f": {why[branch]}" if branch in why else ""
    text = f"{len(below)} of {topics.width} topics{words}"
    plain = "".join(char if char.isprintable() else " " for char in text)
    return f"  # {' '.join(plain.split())[:_REMARK]}"


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
