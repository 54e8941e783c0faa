"""`sofrito new`: begins a recipe, by a question or two or by flags."""

import shlex
import sys
from pathlib import Path

import click

from sofrito.cli.new_answers import Answers, echo_kinds
from sofrito.cli.recipe import read
from sofrito.plan.starter import FEW, MANY, Order, begun, kinds, trial
from sofrito.plan.starter_data import no_texts_in
from sofrito.plan.starter_teacher import Model, usual_address
from sofrito.plan.vocabulary import vocabulary

SHOWN = 5
"""Files that a note names."""


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
    help=(
        f"Rows to make, at first. Where nothing is said, {MANY}, or {FEW} of the embedded model; of "
        "kinds that begin with each row or document of yours, what these give."
    ),
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
        echo_kinds(known)
        return 0
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    given = Answers(known, asking)
    kind = given.kind(kind)
    name = given.name(name) if name is not None or not asking else None
    data, column = given.data(known[kind], data, column)
    if known[kind].teacher:
        who = given.teacher(teacher, model, key, accept_terms)
    else:
        who = given.nobody(
            kind, teacher=teacher, model=model, key=key, accept_terms=accept_terms or None
        )
    name = name or given.name(None, f"my-{kind}")
    order = Order(Path(name).name, kind, who, data, column, rows)
    files = begun(order, Path(name), lambda made: read(str(made), (), allow_files=False))
    click.echo(f"{name} is there:")
    for path in files:
        click.echo(f"  {path}")
    _note(data, who)
    click.echo(f"Look at {Path(name) / 'recipe.yaml'}. Then")
    if (more := trial(known[kind])) is not None:
        click.echo(f"  sofrito run {shlex.quote(name)}{more}")
        click.echo("tries it in seconds, with words made up in place of a teacher's; and")
    click.echo(f"  sofrito run {shlex.quote(name)}")
    click.echo("makes the rows.")
    return 0


def _note(data: Path | None, teacher: Model) -> None:
    """Tell what was left out, and what may be meant by another address."""
    if data and data.is_dir() and (others := no_texts_in(data)):
        more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
        names = ", ".join(str(one.relative_to(data)) for one in others[:SHOWN])
        said = "is no document" if len(others) == 1 else "are no documents"
        click.echo(f"note: of {data}, {names}{more} {said}: left out")
    if usual := usual_address(teacher.base_url):
        click.echo(f"note: {teacher.base_url} has no path; servers usually want {usual}")
