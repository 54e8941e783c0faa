"""`sofrito new`: begins a recipe, by a question or two or by flags."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from typing import Any, TypeVar

import click

from sofrito.cli.recipe import read
from sofrito.plan.starter import (
    FEW,
    MANY,
    Kind,
    Model,
    Order,
    begun,
    check_data,
    check_name,
    check_teacher,
    columns_of,
    is_variable,
    kinds,
    trial,
)
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError, Trouble, did_you_mean

T = TypeVar("T")


@click.command("new")
@click.argument("name", required=False)
@click.option("--for", "kind", metavar="KIND", help="What for; `sofrito new --kinds` lists them.")
@click.option("--kinds", "list_kinds", is_flag=True, help="List the kinds of recipes there are.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help=(
        "What to begin with; it is copied. A file of rows (.jsonl, .ndjson, .json, .csv, .tsv, "
        ".parquet, .txt), for textbook a .txt of topics, for documents a folder."
    ),
)
@click.option("--column", help="The column of the file that holds the task, prompt or text.")
@click.option(
    "--teacher",
    help="`local` (the embedded starter model), a .gguf file, or a server's address up to /v1.",
)
@click.option("--model", help="With a server: its name of the model.")
@click.option("--key", help="With a server: the NAME of the environment variable with its key.")
@click.option(
    "--accept-terms",
    metavar="TEXT",
    default="",
    help="For a teacher whose terms forbid to train on its answers: why they allow it here.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help=f"Rows to make, at first: {MANY}, or {FEW} of the embedded model, where nothing is said.",
)
def command(
    name: str | None,
    kind: str | None,
    list_kinds: bool,
    data: Path | None,
    column: str | None,
    teacher: str | None,
    model: str | None,
    key: str | None,
    accept_terms: str,
    rows: int | None,
) -> int:
    """Begin a recipe in the folder NAME: commented, valid, ready to run.

    In a terminal it asks for what no flag says. Elsewhere NAME and --for must be given; the rest has
    defaults: rows of our own words, the embedded model. Nothing is ever overwritten.
    """
    known = kinds(vocabulary())
    if list_kinds:
        _list(known)
        return 0
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    given = _Answers(known, asking)
    kind = given.kind(kind)
    name = given.name(name) if name is not None or not asking else None
    data, column = given.data(known[kind], data, column)
    who = given.teacher(teacher, model, key, accept_terms) if known[kind].teacher else Model()
    name = name or given.name(None, f"my-{kind}")
    order = Order(Path(name).name, kind, who, data, column, rows)
    files = begun(order, Path(name), lambda made: read(str(made), (), allow_files=False))
    click.echo(f"{name} is there:")
    for path in files:
        click.echo(f"  {path}")
    click.echo(f"Look at {Path(name) / 'recipe.yaml'}. Then")
    if (more := trial(known[kind])) is not None:
        click.echo(f"  sofrito run {name}{more}")
        click.echo("tries it in seconds, with words made up in place of a teacher's; and")
    click.echo(f"  sofrito run {name}")
    click.echo("makes the rows.")
    return 0


def _list(known: dict[str, Kind]) -> None:
    width = max(map(len, known))
    for name, kind in known.items():
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {kind.title}")


class _Answers:
    """What the flags say, and the answers of who is asked for the rest."""

    def __init__(self, known: dict[str, Kind], asking: bool) -> None:
        self._known, self._asking = known, asking

    def kind(self, given: str | None) -> str:
        if given is None:
            self._need("--for", f"What for: {', '.join(self._known)}.")
            _list(self._known)
            return _asked("What for", lambda said: _one_of(said, self._known, "kind"))
        try:
            return _one_of(given, self._known, "kind")
        except Trouble as trouble:
            raise click.BadParameter(
                f"{trouble.what} {trouble.fix}", param_hint="--for"
            ) from trouble

    def name(self, given: str | None, otherwise: str = "") -> str:
        def checked(said: str) -> str:
            check_name(Path(said).name, Path(said), said)
            return said

        if given is None:
            self._need("NAME", "The folder to write.")
            question = "The folder to write; what it is called is the recipe's name"
            return _asked(question, checked, default=otherwise)
        return checked(given)

    def data(self, kind: Kind, data: Path | None, column: str | None) -> tuple[Path | None, str]:
        def checked(said: str) -> Path | None:
            if said.startswith(("http:/", "https:/")):  # a path has one of its slashes
                raise Trouble(f"`{said}` is an address.", "Download it, and name the file.")
            path = Path(said).expanduser() if said else None
            if path:
                check_data(kind, path)
            return path

        if data is None and self._asking:
            what = f"Your {kind.column}s, a file such as .csv or .jsonl"
            if kind.role == "axis":
                what = "Your topics, a .txt file with one in each line"
            if "chunk" in kind.verbs:
                what = "Your documents, a folder of them or a file of texts"
            data = _asked(f"{what} (empty: a few of ours)", checked, default="")
        if data is None:
            return None, ""
        checked(str(data))
        columns = columns_of(data)
        if column is None and kind.column in columns:
            column = kind.column
        if column is None and len(columns) > 1:
            has = f"{data.name} has the columns {', '.join(columns)}"
            self._need("--column", f"{has}: which is the {kind.column}?")
            click.echo(_wrapped(f"{has}."))
            question = f"Which is the {kind.column}"
            column = _asked(question, lambda said: _one_of(said, columns, "column"))
        return data, column or columns[0]

    def teacher(
        self, given: str | None, model: str | None, key: str | None, accepted: str
    ) -> Model:
        question = (
            "Which teacher: `local` (the small embedded one), a .gguf file, or a server's address"
        )
        if given is None and self._asking:
            given = _asked(question, _teacher, default="local")
        given = _teacher(given or "local")
        if given == "local":
            who = Model(accepted=accepted)
        elif not _is_address(given):
            who = Model(path=given, accepted=accepted)
        else:
            if model is None:
                self._need("--model", "The server's name of the model.")
                model = click.prompt("The server's name of the model")
            if key is None and self._asking:
                question = "The NAME of the environment variable with its key (empty for none)"
                key = _asked(question, _key, default="")
            who = Model("", given, model or "", _key(key or ""), accepted)
        if who.forbidden and not accepted and self._asking:
            click.echo(f"By the terms of this teacher, as far as they are known, {who.forbidden}.")
            why = click.prompt("Why they allow it here, once you have read them")
            who = Model(who.path, who.base_url, who.model, who.key, why)
        check_teacher(who)
        return who if who.forbidden else Model(who.path, who.base_url, who.model, who.key)

    def _need(self, flag: str, what: str) -> None:
        """Go on only where somebody can be asked."""
        if not self._asking:
            raise click.UsageError(f"{flag} is missing. {what}")


def _asked(question: str, checked: Callable[[str], T], *, default: str | None = None) -> T:
    """Ask until the answer is one; without a default something must be said."""
    while True:
        said: Any = click.prompt(question, default=default, show_default=bool(default))
        try:
            return checked(said)
        except Trouble as trouble:
            click.echo(_wrapped(f"{trouble.what} {trouble.fix or ''}".rstrip()))
        except RecipeError as error:
            click.echo("\n".join(_wrapped(one.what) for one in error.problems))
        except click.UsageError as error:
            click.echo(_wrapped(error.message))


def _wrapped(text: str) -> str:
    """Return a text in lines of whole words, as wide as the terminal."""
    return fill(text, get_terminal_size().columns, break_long_words=False, break_on_hyphens=False)


def _one_of(said: str, known: Iterable[str], what: str) -> str:
    """Return what was said where it is one of those known; raises Trouble, with what is near."""
    there = [*known]
    if said in there:
        return said
    fix = did_you_mean(said, there, otherwise=f"There are {', '.join(there)}.")
    raise Trouble(f"There is no {what} `{said}`.", fix)


def _is_address(teacher: str) -> bool:
    return teacher.startswith(("http://", "https://"))


def _teacher(said: str) -> str:
    if said == "local" or _is_address(said):
        return said
    path = Path(said).expanduser()
    if not path.is_file():
        what = f"There is no file {path}. A server's address begins with http:// or https://."
        raise click.BadParameter(what, param_hint="--teacher")
    return str(path.resolve())


def _key(said: str) -> str:
    if said and not is_variable(said):
        raise click.BadParameter(
            "--key takes the NAME of the environment variable, such as OPENAI_API_KEY.",
            param_hint="--key",
        )
    return said
