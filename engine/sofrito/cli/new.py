"""`sofrito new`: begins a recipe, by a question or two or by flags."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sofrito.cli.recipe import read
from sofrito.plan.starter import (
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
@click.option("--rows", type=click.IntRange(min=1), default=50, help="Rows to make, at first.")
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
    rows: int,
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
    name = given.name(name, kind)
    data, column = given.data(known[kind], data, column)
    who = given.teacher(teacher, model, key, accept_terms) if known[kind].teacher else Model()
    order = Order(Path(name).name, kind, who, data, column, rows)
    files = begun(order, Path(name), lambda made: read(str(made), (), allow_files=False))
    click.echo(f"{name} is there:")
    for path in files:
        click.echo(f"  {path}")
    click.echo(f"Look at {Path(name) / 'recipe.yaml'}, then: sofrito run {name}")
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
            return str(click.prompt("What for?", type=click.Choice([*self._known])))
        if given not in self._known:
            near = did_you_mean(
                given, self._known, otherwise=f"There are {', '.join(self._known)}."
            )
            raise click.BadParameter(f"There is no kind `{given}`: {near}", param_hint="--for")
        return given

    def name(self, given: str | None, kind: str) -> str:
        def checked(said: str) -> str:
            check_name(Path(said).name, Path(said))
            return said

        if given is None:
            self._need("NAME", "The folder to write.")
            return _asked("Its name, and its folder", checked, default=f"my-{kind}")
        return checked(given)

    def data(self, kind: Kind, data: Path | None, column: str | None) -> tuple[Path | None, str]:
        def checked(said: str) -> Path | None:
            path = Path(said).expanduser() if said else None
            if path:
                check_data(kind, path)
            return path

        if data is None and self._asking:
            what = f"A file with your {kind.column}s"
            if kind.role == "axis":
                what = "A .txt file with a topic in each line"
            if "chunk" in kind.verbs:
                what = "A folder of documents, or a file of texts"
            data = _asked(f"{what} (empty for a few of ours)", checked, default="")
        if data is None:
            return None, ""
        checked(str(data))
        columns = columns_of(data)
        if column is None and kind.column in columns:
            column = kind.column
        if column is None and len(columns) > 1:
            has = f"{data.name} has the columns {', '.join(columns)}"
            self._need("--column", f"{has}: which is the {kind.column}?")
            column = click.prompt(f"Which column is the {kind.column}?", type=click.Choice(columns))
        return data, column or columns[0]

    def teacher(
        self, given: str | None, model: str | None, key: str | None, accepted: str
    ) -> Model:
        question = "Which teacher: local, a .gguf file, or a server's address"
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


def _asked(question: str, checked: Callable[[str], T], *, default: str) -> T:
    """Ask until the answer is one."""
    while True:
        said: Any = click.prompt(question, default=default, show_default=bool(default))
        try:
            return checked(said)
        except Trouble as trouble:
            click.echo(f"{trouble.what} {trouble.fix or ''}".rstrip())
        except RecipeError as error:
            click.echo("\n".join(one.what for one in error.problems))
        except click.UsageError as error:
            click.echo(error.message)


def _is_address(teacher: str) -> bool:
    return teacher.startswith(("http://", "https://"))


def _teacher(said: str) -> str:
    if said == "local" or _is_address(said):
        return said
    path = Path(said).expanduser()
    if not path.is_file():
        raise click.BadParameter(f"There is no file {path}.", param_hint="--teacher")
    return str(path.resolve())


def _key(said: str) -> str:
    if said and not is_variable(said):
        raise click.BadParameter(
            "--key takes the NAME of the environment variable, such as OPENAI_API_KEY.",
            param_hint="--key",
        )
    return said
