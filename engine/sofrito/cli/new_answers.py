"""What the flags of `sofrito new` say, and the answers of who is asked for the rest."""

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from typing import Any, TypeVar

import click

from sofrito.plan.starter import Kind, check_data, check_name
from sofrito.plan.starter_data import check_column, columns_of, unnamed
from sofrito.plan.starter_teacher import Model, check_teacher, is_variable
from sofrito.problems import RecipeError, Trouble, did_you_mean
from sofrito.recipe.words import ticked

T = TypeVar("T")


def echo_kinds(known: dict[str, Kind]) -> None:
    """Print the kinds of recipes, each with what it makes."""
    width = max(map(len, known))
    for name, kind in known.items():
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {kind.title}")


class Answers:
    """What the flags say, and the answers of who is asked for the rest."""

    def __init__(self, known: dict[str, Kind], asking: bool) -> None:
        self._known, self._asking = known, asking

    def kind(self, given: str | None) -> str:
        """Return what the recipe is for."""
        if given is None:
            self._need("--for", f"What for: {', '.join(self._known)}.")
            echo_kinds(self._known)
            return _asked("What for", lambda said: _one_of(said, self._known, "kind"))
        try:
            return _one_of(given, self._known, "kind")
        except Trouble as trouble:
            raise click.BadParameter(
                f"{trouble.what} {trouble.fix}", param_hint="--for"
            ) from trouble

    def name(self, given: str | None, otherwise: str = "") -> str:
        """Return the folder to write; raises Trouble where it is there, or ends in no name."""

        def checked(said: str) -> str:
            check_name(Path(said).name, Path(said), said)
            return said

        if given is None:
            self._need("NAME", "The folder to write.")
            question = "The folder to write; what it is called is the recipe's name"
            return _asked(question, checked, default=otherwise)
        return checked(given)

    def data(self, kind: Kind, data: Path | None, column: str | None) -> tuple[Path | None, str]:
        """Return what to begin with, None for rows of our own, and the column that is meant."""

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
            if column is not None:
                raise click.UsageError("--column names a column of --data, which is missing.")
            return None, ""
        checked(str(data))
        return data, column or self._column(kind, data)

    def _column(self, kind: Kind, data: Path) -> str:
        columns, odd = columns_of(data), unnamed(data)
        if kind.column in columns:
            return kind.column
        if len(columns) == 1 and not odd:
            return columns[0]
        has = f"{data.name} has the column{'s' * (len(columns) != 1)} {', '.join(columns)}"
        if odd:
            has += f"; to be named, {ticked(odd)} must be renamed in the file"
        self._need("--column", f"{has}: which is the {kind.column}?")
        click.echo(_wrapped(f"{has}."))

        def checked(said: str) -> str:
            check_column(data, said)
            return said

        return _asked(f"Which is the {kind.column}", checked)

    def teacher(
        self, given: str | None, model: str | None, key: str | None, accepted: str
    ) -> Model:
        """Return the teacher; raises Trouble where it may not be one."""
        question = (
            "Which teacher: `local` (the small embedded one), a .gguf file, or a server's address"
        )
        if given is None and self._asking:
            given = _asked(question, _teacher, default="local")
        given = _teacher(given or "local")
        if not _is_address(given):
            _of_servers_alone(given, model, key)
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

    def nobody(self, kind: str, **given: str | None) -> Model:
        """Return what stands for the teacher of a kind that asks none; a flag about it is wrong."""
        for flag, value in given.items():
            if value is not None:
                said = f"`{kind}` asks no model: leave it out."
                raise click.BadParameter(said, param_hint=f"--{flag.replace('_', '-')}")
        return Model()

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


def _of_servers_alone(teacher: str, model: str | None, key: str | None) -> None:
    """Refuse what only a server's model has, for one of this machine."""
    who = "the embedded model" if teacher == "local" else f"the file {Path(teacher).name}"
    if model and model != teacher:
        what = (
            f"The teacher is {who}, and --model is for a server: --teacher http://localhost:8000/v1 "
            f"--model {shlex.quote(model)}. A model of this machine is named by its file, --teacher "
            "FILE.gguf; `sofrito models` lists those there are."
        )
        raise click.BadParameter(what, param_hint="--model")
    if key:
        what = f"The teacher is {who}, and a key is for a server."
        raise click.BadParameter(what, param_hint="--key")


def _key(said: str) -> str:
    if said and not is_variable(said):
        raise click.BadParameter(
            "--key takes the NAME of the environment variable, such as OPENAI_API_KEY.",
            param_hint="--key",
        )
    return said
