"""Begins a recipe: a commented folder that validates and runs, of one of some kinds."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sofrito.plan.starter_data import LARGEST, check_column, columns_of, texts_in
from sofrito.plan.starter_teacher import Model, check_teacher
from sofrito.problems import RecipeError, Trouble
from sofrito.recipe.quoted import quoted
from sofrito.recipe.version import VERSION
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.yaml_scalars import scalar
from sofrito.shipped import PACKAGE, shipped

STARTERS = PACKAGE / "starters"
FEW, MANY = 12, 50
"""Rows to make at first: of the embedded model, and of others."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of recipe: what it makes, the verbs it needs, the column it asks for, where its rows lie.

    ``own`` are the rows of our own words that it begins with, and their column; "" for none.
    """

    title: str
    about: str
    column: str
    own: str
    verbs: tuple[str, ...] = ("generate", "filter")
    teacher: bool = True
    role: Literal["start", "shown", "axis"] = "start"


KINDS: dict[str, Kind] = {
    "sft": Kind(
        "Tasks and answers to train an assistant on",
        "Writes new tasks after your examples, spread over topics and levels, and answers them.",
        "task",
        "seeds/tasks.jsonl",
        role="shown",
    ),
    "distill": Kind(
        "A teacher's answers to your prompts",
        "Answers each of your prompts, for a smaller model to learn from.",
        "prompt",
        "seeds/prompts.jsonl",
    ),
    "preference": Kind(
        "Better and worse answers to your prompts",
        "Writes four answers to each prompt, judges them, and pairs the best with the worst.",
        "prompt",
        "seeds/prompts.jsonl",
        ("generate", "filter", "judge", "pair"),
    ),
    "textbook": Kind(
        "Pages of a textbook, from topics",
        "Plans chapters for topics and readers, and writes their sections.",
        "topic",
        "seeds/topics.txt",
        ("generate", "filter", "dedup", "set"),
        role="axis",
    ),
    "documents": Kind(
        "Questions and answers from documents",
        "Cuts documents into passages, asks what each answers, answers from it alone, and checks that.",
        "text",
        "documents/**",
        ("chunk", "generate", "filter", "judge"),
    ),
    "curate": Kind(
        "The good rows of a dataset",
        "Drops rows that are too short or too long, repeated, or nearly so. Asks no model.",
        "text",
        "seeds/rows.jsonl",
        ("filter", "dedup"),
        teacher=False,
    ),
}


def kinds(vocabulary: Vocabulary) -> dict[str, Kind]:
    """Return the kinds whose verbs a vocabulary has."""
    return {name: kind for name, kind in KINDS.items() if set(kind.verbs) <= {*vocabulary.verbs}}


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a recipe's name and kind, its teacher, its file of rows with the column, its rows.

    Without a number of rows it is one that the teacher makes in some minutes; or, where each row
    of the data is a start, what all of them give.
    """

    name: str
    kind: str
    teacher: Model = field(default_factory=Model)
    data: Path | None = None
    column: str = ""
    rows: int | None = None


def check_name(name: str, folder: Path, said: str = "") -> None:
    """Raise Trouble where a recipe cannot have this name, or its folder is there.

    ``said`` is what the name is the end of, as it was typed.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        what = f"`{said or name}` is no name for a recipe: lower case, digits and hyphens."
        if said and name != said and "://" not in said:
            near = near and str(folder.parent / near)
            what = f"`{said}` ends in no name for a recipe: lower case, digits and hyphens."
        raise Trouble(what, f"Such as `{near}`." if near else "")
    if folder.exists():
        raise Trouble(f"{folder} is there already.", "Choose another name.")


def check_data(kind: Kind, data: Path) -> None:
    """Raise Trouble where a kind does not begin with such a file or folder, RecipeError as it is read."""
    columns_of(data)
    if data.is_dir() and kind is not KINDS["documents"]:
        raise Trouble(
            f"{data} is a folder.", "Name a file of rows; `documents` begins with a folder."
        )
    if kind.role == "axis" and data.suffix != ".txt":
        fix = "Write them into a .txt file, a topic in each line."
        raise Trouble(f"This kind begins with topics, and {data.name} has rows.", fix)
    size = sum(one.stat().st_size for one in (texts_in(data) if data.is_dir() else [data]))
    if size > LARGEST:
        what = f"{data} is too large to copy into the recipe's folder."
        raise Trouble(what, "Begin with a part of it, and name all of it in the recipe.")


def begun(order: Order, folder: Path, check: Callable[[Path], object]) -> list[Path]:
    """Write the recipe that is ordered into a folder that is not there yet; return its files.

    It is made elsewhere first, and moved only if ``check``, which is given its folder, raises no
    RecipeError. Raises Trouble where the folder exists or cannot be written, the recipe is not
    sound, the name, the column or the key is none, or terms forbid the teacher.
    """
    kind = KINDS[order.kind]
    check_name(order.name, folder)
    check_teacher(order.teacher)
    known: tuple[str, ...] = (kind.column,)
    if order.data:
        check_data(kind, order.data)
        known = columns_of(order.data)
        check_column(order.data, order.column or known[0])
    column = order.column or known[0]
    with TemporaryDirectory(prefix="sofrito-new-") as scratch:
        made = Path(scratch) / order.name
        try:
            made.mkdir()
            schema = schema_of(shipped("schemas"), folder)
            paths = _written(order, kind, column, known, made, schema)
            check(made)
            _moved(made, folder)
        except OSError as error:
            what = f"{folder} cannot be written: {error.strerror or error}."
            raise Trouble(what, "") from error
        except RecipeError as error:
            raise _unsound(error, made) from error
    return [folder / path.relative_to(made) for path in paths]


def _unsound(error: RecipeError, made: Path) -> Trouble:
    found = next(p for p in error.problems if p.severity == "error")
    where = str(found.where).replace(f"{made}{os.sep}", "")
    return Trouble(f"The recipe would not be sound: {where}: {found.what}", found.fix)


def _moved(made: Path, folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise Trouble(f"{folder} is there already.", "Choose another name.") from error
    try:
        shutil.copytree(made, folder, dirs_exist_ok=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def trial(kind: Kind) -> str | None:
    """Return what follows the name in the command that tries a recipe without a model; None for none."""
    if not kind.teacher:
        return None
    rows = "" if kind.role == "start" else " --rows 3"
    return f"{rows} --set 'models.teacher={{backend: scripted}}'"


def schema_of(schemas: Path, folder: Path) -> str:
    """Return the schema's path from a folder where both lie below the same tree, else ""."""
    if not folder.resolve().is_relative_to(schemas.resolve().parent):
        return ""
    schema = schemas.resolve() / "recipe.schema.json"
    return Path(os.path.relpath(schema, folder.resolve())).as_posix()


def _written(
    order: Order, kind: Kind, column: str, known: Sequence[str], folder: Path, schema: str
) -> list[Path]:
    data = f"seeds/{_tame(order.data.name)}" if order.data else kind.own
    if order.data and order.data.is_dir():
        data = "documents/**"
    values = {
        "name": order.name, "recipe": _as_text(order.name), "title": kind.title,
        "about": kind.about, "tag": order.kind,
        "version": VERSION, "schema": schema,
        "teacher": order.teacher, "small": order.teacher.embedded,
        "rows": order.rows or (FEW if order.teacher.embedded else MANY), "most": order.rows,
        "data": data, "column": column,
        "files": "*" in data, "mine": bool(order.data), "trial": trial(kind), "notes": _notes(kind, order),
        "quoted": quoted,
        "new": lambda name: _fresh(name, known if kind.role == "start" else ()),
    }  # fmt: skip
    environment = Environment(
        loader=FileSystemLoader([STARTERS / order.kind, STARTERS]),
        variable_start_string="<<", variable_end_string=">>",
        block_start_string="<%", block_end_string="%>", comment_start_string="<#",
        comment_end_string="#>", keep_trailing_newline=True, undefined=StrictUndefined,
    )  # fmt: skip
    paths = []
    own = kind.own.partition("/")[0]
    for source in [STARTERS / "README.md", *sorted((STARTERS / order.kind).rglob("*"))]:
        inside = source.relative_to(
            STARTERS if source.parent == STARTERS else STARTERS / order.kind
        )
        if source.is_dir() or (order.data and inside.parts[0] == own):
            continue
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        text = environment.get_template(inside.as_posix()).render(values)
        target.write_text(re.sub(r"\n{3,}", "\n\n", text), encoding="utf-8", newline="\n")
        paths.append(target)
    return [*paths, *(_copied(one, folder / to) for one, to in _given(order.data, data))]


def _given(source: Path | None, data: str) -> Iterator[tuple[Path, str]]:
    """Yield the files to copy, each with where to."""
    if source is None:
        return
    if source.is_dir():
        for path in texts_in(source):
            yield path, f"documents/{path.relative_to(source).as_posix()}"
    else:
        yield source, data


def _copied(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, target))


def _as_text(name: str) -> str:
    """Return a name as a recipe has it: in quotes where YAML reads it as something else."""
    return name if scalar(name) == (name, "") else quoted(name)


def _fresh(name: str, known: Sequence[str]) -> str:
    """Return a column's name that the rows do not have yet."""
    number = 2
    fresh = name
    while fresh in known:
        fresh, number = f"{name}_{number}", number + 1
    return fresh


def _tame(name: str) -> str:
    """Return a file's name without what would need quotes in a recipe."""
    return re.sub(r"[^\w.-]+", "_", name)


def _notes(kind: Kind, order: Order) -> list[str]:
    if order.data:
        return [f"`{kind.own.partition('/')[0]}` has a copy of {order.data.name}."]
    if kind.role == "axis":
        return ["The topics stand in `recipe.yaml`, below `axes`: put your own in their place."]
    return [f"`{kind.own}` has a few to begin with: put your own in their place."]
