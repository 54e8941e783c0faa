"""Begins a recipe: a commented folder that validates and runs, of one of some kinds."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sofrito.documents import SUFFIXES as DOCUMENTS
from sofrito.problems import RecipeError, Trouble
from sofrito.recipe.field_types import NAME
from sofrito.recipe.quoted import quoted
from sofrito.recipe.seed_files import SUFFIXES, peek_seeds
from sofrito.recipe.terms import terms_of
from sofrito.recipe.version import VERSION
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.yaml_scalars import scalar
from sofrito.shipped import PACKAGE, shipped

STARTERS = PACKAGE / "starters"
LARGEST = 200_000_000
"""Bytes of the data that is copied into a recipe's folder, at most."""

FEW, MANY = 12, 50
"""Rows to make at first: of the embedded model, and of others."""

TEXTS = (".txt", ".md", ".markdown", *DOCUMENTS)
"""The suffixes of files that are a document each."""


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
class Model:
    """The teacher: a file by ``path``, a server's ``base_url`` with its ``model``, else the embedded one.

    ``key`` is the environment variable with the server's key; ``accepted`` says why a model is
    allowed here whose terms, as far as is known, forbid to train on its answers.
    """

    path: str = ""
    base_url: str = ""
    model: str = ""
    key: str = ""
    accepted: str = ""

    @property
    def embedded(self) -> bool:
        """Whether it is the starter model, which is small: a first run of it should not take long."""
        return not (self.path or self.base_url)

    @property
    def forbidden(self) -> str:
        """What the terms forbid, as far as they are known, "" for nothing."""
        named = (terms_of(None, name) for name in (self.model, Path(self.path).name, self.base_url))
        return next((one.words for one in named if one.verdict == "not allowed"), "")


def is_variable(text: str) -> bool:
    """Say whether a text is the name of an environment variable, and no key that was pasted."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", text):
        return False
    mixed = text.upper() != text and text.lower() != text
    digits = any(char.isdigit() for char in text)
    return not digits or not (mixed or len(text) >= 16) or (text.isupper() and "_" in text)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a recipe's name and kind, its teacher, its file of rows with the column, its rows.

    Without a number of rows it is one that the teacher makes in some minutes.
    """

    name: str
    kind: str
    teacher: Model = Model()
    data: Path | None = None
    column: str = ""
    rows: int | None = None


def columns_of(data: Path) -> tuple[str, ...]:
    """Return the columns of a file of rows that a recipe can name; of a folder of texts, `text`.

    Raises Trouble where there is none, RecipeError where the file cannot be read.
    """
    if data.is_dir():
        if any(_texts(data)):
            return ("text",)
        raise Trouble(f"{data} has no documents.", f"Documents are {', '.join(TEXTS)}.")
    if not data.is_file():
        what = f"There is no file or folder {data}."
        raise Trouble(what, f"Files of rows are {', '.join(SUFFIXES)}.")
    found = peek_seeds(data).columns
    named = tuple(column for column in found if re.search(NAME, column))
    if not named:
        what = f"{data.name} has no column that a recipe can name; it has {', '.join(found)}."
        raise Trouble(what, "Rename one: letters, digits and `_`, and no digit first.")
    return named


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
    size = sum(one.stat().st_size for one in (_texts(data) if data.is_dir() else [data]))
    if size > LARGEST:
        what = f"{data} is too large to copy into the recipe's folder."
        raise Trouble(what, "Begin with a part of it, and name all of it in the recipe.")


def check_teacher(teacher: Model) -> None:
    """Raise Trouble where the key is none's name, or terms forbid the teacher and nobody accepts them."""
    if teacher.key and not is_variable(teacher.key):
        what = "--key takes the NAME of the environment variable, such as OPENAI_API_KEY."
        raise Trouble(what, "Put the key into that variable; it stands in no recipe.")
    if teacher.forbidden and not teacher.accepted.strip():
        what = f"By the terms of this teacher, as far as they are known, {teacher.forbidden}."
        fix = "Take another; or, having read its terms, say why they allow it: --accept-terms TEXT."
        raise Trouble(what, fix)


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
    column = order.column or known[0]
    if order.data and column not in known:
        raise Trouble(f"{order.data.name} has no column `{column}`.", f"It has {', '.join(known)}.")
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
        "rows": order.rows or (FEW if order.teacher.embedded else MANY), "data": data, "column": column,
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
        for path in _texts(source):
            yield path, f"documents/{path.relative_to(source).as_posix()}"
    else:
        yield source, data


def _texts(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in folder.rglob("*") if p.suffix.lower() in TEXTS and p.is_file())


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
