"""What a run prints at its end: the rows, the accounting, where everything is, how to go on."""

import json
import shlex
from itertools import islice
from typing import Any

import click

from sofrito.cli.advice import advice, cut_answers
from sofrito.cli.progress import duration
from sofrito.cli.table import several
from sofrito.export.make import Made
from sofrito.export.rows import accepted
from sofrito.formats.base import value_of
from sofrito.recipe.words import sentence
from sofrito.run.cost import dollars, spelled
from sofrito.run.ledger import Ledger
from sofrito.run.session import Ended

SAMPLES = 3
_LONGEST = 300


def echo_summary(made: Made, *, quiet: bool) -> None:
    """Print the summary of a run; with ``quiet`` only what fell short."""
    if not quiet:
        echo_accounting(made.ended.ledger)
        echo_reasons(made.ended)
        echo_counted(made.ended.ledger)
        echo_samples(made)
    _echo_ending(made)


def echo_accounting(ledger: Ledger) -> None:
    """Print what came into each step and what became of it."""
    heads = ("step", "in", "made", "out", "rejected", "failed", "joined", "surplus")
    table: list[tuple[str, ...]] = [heads]
    for name, tally in zip(ledger.names, ledger.tallies, strict=True):
        table.append((name, *(f"{n:,}" if n else "·" for n in tally.counts())))
    kept = [
        i for i, head in enumerate(heads) if head != "joined" or any(r[i] != "·" for r in table[1:])
    ]
    widths = [max(len(row[i]) for row in table) for i in kept]
    for number, row in enumerate(table):
        cells = [
            row[i].ljust(w) if i == 0 else row[i].rjust(w)
            for i, w in zip(kept, widths, strict=True)
        ]
        click.echo(click.style("  ".join(cells), bold=number == 0))
    click.echo()


def echo_reasons(ended: Ended) -> None:
    """Print what rows were lost for, each with the first one as an example."""
    ledger, lost = ended.ledger, False
    for step, (name, tally) in enumerate(zip(ledger.names, ledger.tallies, strict=True), -1):
        for reason, count in (tally.rejected + tally.failed).most_common():
            example = ended.examples.get((step, reason), "")
            told = f" (first: {_short(example, 100)})" if example else ""
            click.echo(f"  {count:>6,}  {name}: {reason}{told}")
            lost = True
    if lost:
        click.echo()


def echo_counted(ledger: Ledger) -> None:
    """Print what steps counted on their way, such as how often a judge agreed with itself."""
    told = [
        f"  {count:>6,}  {name}: {what}"
        for name, tally in zip(ledger.names, ledger.tallies, strict=True)
        for what, count in tally.counted.items()
    ]
    for line in ("counted on the way, no row is lost for it:", *told, "") if told else ():
        click.echo(line)


def echo_samples(made: Made) -> None:
    """Print the first rows as their first format has them."""
    if made.exported is None:
        return
    writer = made.recipe.output.write[0]
    rows = list(islice(accepted(made.folder), SAMPLES))
    for row in rows:
        click.echo(click.style(f"row {row.id}", bold=True))
        absent = {*writer.optional()} - row.columns.keys()
        for column in writer.uses() or tuple(row.columns):
            if column not in absent:
                value = _short(value_of(row.columns, column))
                click.echo(f"  {click.style(column, fg='cyan')}: {value}")
    if rows:
        click.echo()


def _short(value: Any, most: int = _LONGEST) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _echo_ending(made: Made) -> None:
    ended, totals = made.ended, made.ended.totals
    wanted = made.recipe.rows
    of = f" of {wanted:,}" if wanted else ""
    tokens = totals.prompt_tokens + totals.completion_tokens
    noun = "row" if (wanted or ended.accepted) == 1 else "rows"
    head = f"{ended.accepted:,}{of} {noun} in {duration(ended.seconds)}"
    colour = "green" if ended.status == "complete" else "yellow"
    calls = several(totals.asked, "call")
    calls += f", {several(totals.checks, 'check')}" if totals.checks else ""
    told = f"{calls}, {tokens:,} tokens; {totals.hits:,} taken from the journal"
    if ended.earlier:
        spent = ended.spent
        told += f"; in all sessions {several(spent.calls, 'call')}, {spent.tokens:,} tokens"
    click.echo(f"{click.style(head, fg=colour, bold=True)}: {told}")
    _echo_cost(ended)
    if ended.status != "complete":
        click.echo(f"The run stopped short because {ended.reason}.")
    for cell, missing in ended.short_cells.items():
        if ended.status == "short":
            click.echo(f"  missing of {cell}: {missing:,}")
    _echo_how_on(made)
    if ended.unmetered:
        click.echo(
            f"note: {several(ended.unmetered, 'answer')} came without token counts; the totals leave "
            "that out, a budget counts what was reserved"
        )
    for note in (*ended.notes, *(made.exported.notes if made.exported else ())):
        click.echo(f"note: {note}")
    _echo_places(made)


def _echo_cost(ended: Ended) -> None:
    words, totals = spelled(ended.costs), ended.totals
    sum_ = sum(cost.usd for cost in ended.costs)
    unpriced = any(cost.unpriced for cost in ended.costs)
    if not words or not (sum_ or unpriced or totals.answered):
        return
    session = f", {dollars(totals.usd)} of it in this session" if totals.usd < sum_ else ""
    click.echo(f"cost: {words}{session}")
    if any(cost.price == "unknown" and cost.unpriced for cost in ended.costs if cost.model):
        click.echo("note: for a model's cost, add `price: {input: …, output: …}` to it")


def _echo_how_on(made: Made) -> None:
    recipe, ended = made.recipe, made.ended
    match ended.status:
        case "interrupted":
            click.echo("Run the same command again to go on; every answer so far is kept.")
        case "budget":
            click.echo("Raise the limit and run again to go on; every answer so far is kept.")
        case "hopeless":
            why = advice(recipe, ended.ledger) or "See why in the list above."
            click.echo(f"{why}\n`sofrito show` tells the story of a rejected row.")
        case "short":
            why, more = advice(recipe, ended.ledger), _more(made)
            click.echo(why or f"{sentence(more)}.")
            if why and ended.accepted:
                click.echo(f"Or {more}.")
        case _:
            pass
    if ended.status in ("complete", "budget") and (cut := cut_answers(recipe, ended.ledger)):
        click.echo(f"note: {cut}")


def _more(made: Made) -> str:
    """Return what gives a run that ran out of candidates more of them, or makes fewer do."""
    if made.ended.exhausted == "cells":
        return "add values to the axes"
    if made.recipe.rows is None:
        return "add seed rows"
    if made.ended.exhausted == "seeds":
        return "add seed rows, or ask for fewer rows"
    return "ask for fewer rows; answers are reused"


def _echo_places(made: Made) -> None:
    if made.exported is None:
        click.echo(f"The run's folder is {made.folder}")
        return
    for name in made.exported.rows:
        click.echo(f"dataset    {made.folder / 'dataset' / name}")
    click.echo(f"rejected   {made.folder / 'rejected.parquet'}")
    if made.recipe.output.review:
        click.echo(f"to review  {made.folder / 'review.csv'}")
    if made.ended.accepted:
        click.echo(f"a row's story: sofrito show {shlex.quote(str(made.folder))} ROW")
