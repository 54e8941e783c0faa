"""`sofrito new`: begins a recipe, by a question or two or by flags."""

import sys
from pathlib import Path

import click

from sofrito.cli.recipe import read
from sofrito.plan.starter import Kind, Model, Order, begun, columns_of, kinds
from sofrito.plan.vocabulary import vocabulary


@click.command("new")
@click.argument("name", required=False)
@click.option("--for", "kind", metavar="KIND", help="What for; `sofrito new --kinds` lists them.")
@click.option("--kinds", "list_kinds", is_flag=True, help="List the kinds of recipes there are.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A file of rows to begin with (.jsonl, .json, .csv, .parquet, .txt, .md); it is copied.",
)
@click.option("--column", help="The column of the file that holds the task, prompt or text.")
@click.option(
    "--teacher",
    help="`local` (the embedded starter model), a .gguf file, or a server's address up to /v1.",
)
@click.option("--model", help="With a server: its name of the model.")
@click.option("--key", help="With a server: the environment variable that holds its key.")
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
    who = given.teacher(teacher, model, key) if known[kind].teacher else Model()
    files = begun(Order(Path(name).name, kind, who, data, column, rows), Path(name))
    read(name, (), allow_files=False)
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
            from sofrito.problems import did_you_mean

            near = did_you_mean(
                given, self._known, otherwise=f"There are {', '.join(self._known)}."
            )
            raise click.BadParameter(f"There is no kind `{given}`: {near}", param_hint="--for")
        return given

    def name(self, given: str | None, kind: str) -> str:
        if given is None:
            self._need("NAME", "The folder to write.")
            return str(click.prompt("Its name, and its folder", default=f"my-{kind}"))
        return given

    def data(self, kind: Kind, data: Path | None, column: str | None) -> tuple[Path | None, str]:
        if kind.role == "none":
            if data:
                raise click.BadParameter(
                    "This kind begins with topics, not rows.", param_hint="--data"
                )
            return None, ""
        if data is None and self._asking:
            said = click.prompt(
                f"A file with your {kind.column}s (empty for a few of ours)",
                default="",
                show_default=False,
            )
            data = Path(said).expanduser() if said else None
        if data is None:
            return None, ""
        columns = columns_of(data)
        if column is None and kind.column in columns:
            column = kind.column
        if column is None and len(columns) > 1:
            self._need("--column", f"{data.name} has {', '.join(columns)}.")
            column = click.prompt(f"Which column is the {kind.column}?", type=click.Choice(columns))
        return data, column or columns[0]

    def teacher(self, given: str | None, model: str | None, key: str | None) -> Model:
        if given is None and self._asking:
            given = click.prompt(
                "Which teacher: local, a .gguf file, or a server's address", default="local"
            )
        if given in (None, "local"):
            return Model()
        if not given.startswith(("http://", "https://")):
            path = Path(given).expanduser()
            if not path.is_file():
                raise click.BadParameter(f"There is no file {path}.", param_hint="--teacher")
            return Model(path=str(path.resolve()))
        if model is None:
            self._need("--model", "The server's name of the model.")
            model = click.prompt("The server's name of the model")
        if key is None and self._asking:
            key = click.prompt(
                "The environment variable with its key (empty for none)",
                default="",
                show_default=False,
            )
        return Model(base_url=given, model=model or "", key=key or "")

    def _need(self, flag: str, what: str) -> None:
        """Go on only where somebody can be asked."""
        if not self._asking:
            raise click.UsageError(f"{flag} is missing. {what}")
