"""Begins a recipe: a commented folder that validates and runs, of one of some kinds."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sofrito.problems import Trouble
from sofrito.recipe.base import NAME, Vocabulary
from sofrito.recipe.seed_files import peek_seeds
from sofrito.recipe.version import VERSION
from sofrito.shipped import PACKAGE, shipped

STARTERS = PACKAGE / "starters"
LARGEST = 200_000_000
"""Bytes of the largest file of rows that is copied into a recipe's folder."""


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
    role: Literal["start", "shown", "none"] = "start"


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
        "Writes four answers to each prompt, weighs them, and pairs the best with the worst.",
        "prompt",
        "seeds/prompts.jsonl",
        ("generate", "filter", "pair"),
    ),
    "textbook": Kind(
        "Pages of a textbook, from topics",
        "Plans chapters for topics and readers, and writes their sections.",
        "",
        "",
        ("generate", "filter", "dedup", "set"),
        role="none",
    ),
    "documents": Kind(
        "Questions and answers from documents",
        "Asks what each document answers, answers from it alone, and checks that it says so.",
        "text",
        "documents/**/*.md",
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
class Model:
    """The teacher: a file by ``path``, a server's ``base_url`` with its ``model``, else the embedded one.

    ``key`` is the environment variable with the server's key.
    """

    path: str = ""
    base_url: str = ""
    model: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a recipe's name and kind, its teacher, its file of rows with the column, its rows."""

    name: str
    kind: str
    teacher: Model = Model()
    data: Path | None = None
    column: str = ""
    rows: int = 50


def columns_of(data: Path) -> tuple[str, ...]:
    """Return the columns of a file of rows that a recipe can name; of a folder of texts, `text`.

    Raises Trouble where there is none, RecipeError where the file cannot be read.
    """
    if data.is_dir() and any(_texts(data)):
        return ("text",)
    if not data.is_file():
        fix = "Name a file: .jsonl, .json, .csv, .parquet, .txt or .md."
        raise Trouble(f"There is no file {data}.", fix)
    found = peek_seeds(data).columns
    named = tuple(column for column in found if re.search(NAME, column))
    if not named:
        what = f"{data.name} has no column that a recipe can name; it has {', '.join(found)}."
        raise Trouble(what, "Rename one: letters, digits and `_`, and no digit first.")
    return named


def begun(order: Order, folder: Path) -> list[Path]:
    """Write the recipe that is ordered into a folder that is not there yet; return its files.

    Raises Trouble where the folder exists or cannot be written, the name or the column is none.
    """
    kind = KINDS[order.kind]
    known = columns_of(order.data) if order.data else (kind.column,)
    column = order.column or (known[0] if known else "")
    if order.data and column not in known:
        raise Trouble(f"{order.data.name} has no column `{column}`.", f"It has {', '.join(known)}.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", order.name):
        near = re.sub(r"[^a-z0-9]+", "-", order.name.lower()).strip("-")
        what = f"`{order.name}` is no name for a recipe: lower case, digits and hyphens."
        raise Trouble(what, f"Such as `{near}`." if near else "")
    if order.data and order.data.is_dir() and order.kind != "documents":
        raise Trouble(f"{order.data} is a folder.", "Name a file of rows.")
    if order.data and order.data.stat().st_size > LARGEST:
        what = f"{order.data} is too large to copy into the recipe's folder."
        raise Trouble(what, "Begin with its first rows, and name the whole file in the recipe.")
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise Trouble(f"{folder} is there already.", "Choose another name.") from error
    except OSError as error:
        raise _unwritten(folder, error) from error
    try:
        return _written(order, kind, column, known, folder)
    except OSError as error:
        raise _unwritten(folder, error) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _unwritten(folder: Path, error: OSError) -> Trouble:
    return Trouble(f"{folder} cannot be written: {error.strerror or error}.", "")


def _written(
    order: Order, kind: Kind, column: str, known: Sequence[str], folder: Path
) -> list[Path]:
    data = f"seeds/{_tame(order.data.name)}" if order.data else kind.own
    if order.data and order.data.is_dir():
        data = "documents/**"
    values = {
        "name": order.name, "title": kind.title, "about": kind.about, "tag": order.kind,
        "version": VERSION, "schema": (shipped("schemas") / "recipe.schema.json").as_posix(),
        "teacher": order.teacher, "rows": order.rows, "data": data, "column": column,
        "files": "*" in data, "scripted": _scripted(kind), "notes": _notes(kind, order),
        "quoted": lambda text: json.dumps(text, ensure_ascii=False),
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
        for path in _texts(source):
            yield path, f"documents/{path.relative_to(source).as_posix()}"
    else:
        yield source, data


def _texts(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".txt") and p.is_file())


def _copied(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, target))


def _scripted(kind: Kind) -> str:
    """Return what follows the name in the command that tries a recipe without a model; "" for none."""
    if not kind.teacher:
        return ""
    return " --quiet" if kind.role == "start" else " --rows 3"


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
    if not kind.own:
        return []
    if order.data:
        return [f"Its rows are a copy of {order.data.name}."]
    return [f"`{kind.own}` holds a few rows to begin with: put your own in their place."]
