"""`sofrito show`: a run, or one of its rows with its whole story."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from sofrito.cli.output_format import format_option
from sofrito.cli.table import several
from sofrito.export.record import RECORD
from sofrito.problems import Trouble
from sofrito.run.journal import total
from sofrito.run.session import INTERRUPTED, JOURNAL
from sofrito.run.sink import REJECTED, ROWS
from sofrito.run.sqlite_journal import SqliteJournal


@click.command("show")
@click.argument("run")
@click.argument("row", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of runs, where RUN is a recipe's name.",
)
@format_option()
def command(run: str, row: str | None, out: Path, format_: str) -> None:
    """Show RUN, a run's folder or a recipe's name (its latest run), or its row ROW, such as 12.0.3.

    A row's story is what was drawn for it, each prompt and answer, each score, check and vote; for a
    rejected row up to where it ended. A row may be written as review.csv has it, '#12.0.3'.
    """
    folder = located(run, out)
    if row is None:
        _show_run(folder, format_=format_)
    else:
        found = _row(folder, row)
        _show_row(folder, found, format_=format_)


def located(run: str, out: Path) -> Path:
    """Return a run's folder, given itself or a recipe's name; raises Trouble."""
    path = Path(run)
    if (path / "manifest.json").is_file():
        return path
    runs = sorted((out / run).glob("*/manifest.json"), key=lambda p: p.stat().st_mtime)
    if runs:
        return runs[-1].parent
    for folder in (path, *(out / run).glob("*")):
        if (folder / RECORD / "recipe.yaml").is_file():
            what = f"The run {folder} has not told yet what came of it."
            fix = "If it was stopped, run the same command again: every answer so far is kept."
            raise Trouble(what, fix)
    known = sorted(p.parent.parent.name for p in out.glob("*/*/manifest.json"))
    fix = (
        f"There are runs of {', '.join(dict.fromkeys(known))}."
        if known
        else "Name the runs' folder with --out."
    )
    raise Trouble(f"There is no run `{run}` below {out}.", fix)


def _show_run(folder: Path, *, format_: str) -> None:
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    if format_ == "json":
        click.echo(text, nl=False)
        return
    run = json.loads(text)
    click.echo(f"{click.style(run['recipe'], bold=True)}  {run['title']}".rstrip())
    click.echo(_ending(run))
    if run["status"] == "interrupted":
        click.echo(_kept(folder, run["fingerprint"]))
    elif spent := run.get("spent"):
        calls = several(spent["calls"], "call")
        click.echo(f"{calls} and {spent['tokens']:,} tokens in all sessions")
    for name, identity in run["models"].items():
        click.echo(f"model {name}: {', '.join(f'{k} {v}' for k, v in identity.items())}")
    for step in run["accounting"]:
        click.echo(f"  {step['step']}: {step['in']:,} in, {step['out']:,} out")
        for reason, count in {**step["rejected"], **step["failed"]}.items():
            click.echo(f"    {count:,} {reason}")
        for what, count in step.get("counted", {}).items():
            click.echo(f"    counted {count:,} {what}")
    ids = _some_ids(folder)
    if ids:
        shown = shlex.quote(str(folder))
        click.echo(f"rows: {', '.join(ids)} … (sofrito show {shown} {ids[0]})")


def _ending(run: Mapping[str, Any]) -> str:
    """Return how many rows a run has, how it ended, and why."""
    of = f" of {run['wanted']:,}" if run["wanted"] else ""
    noun = "row" if (run["wanted"] or run["rows"]) == 1 else "rows"
    told = f"{run['rows']:,}{of} {noun}, {run['status']}"
    if run["status"] == "interrupted":
        more = run["reason"].removeprefix(INTERRUPTED)
        return f"{told}{more}"
    return f"{told}, because {run['reason']}" if run["reason"] else told


def _kept(folder: Path, fingerprint: str) -> str:
    """Return what an interrupted run has asked so far, also after it could write how it ended."""
    on = "Run the same command again to go on; every answer so far is kept."
    path = folder.parent.parent / JOURNAL
    if not path.is_file():
        return on
    journal = SqliteJournal(path, fingerprint)
    try:
        return f"{several(total(journal.spent()).calls, 'call')} so far. {on}"
    finally:
        journal.close()


def _some_ids(folder: Path, most: int = 5) -> list[str]:
    ids = []
    with (folder / ROWS).open("rb") as file:
        for line in file:
            ids.append(orjson.loads(line)["id"])
            if len(ids) == most:
                break
    return ids


def _row(folder: Path, row: str) -> dict[str, Any]:
    marker = b'{"id":"' + row.removeprefix("#").encode() + b'"'
    for name in (ROWS, REJECTED):
        with (folder / name).open("rb") as file:
            for line in file:
                if line.startswith(marker):
                    found: dict[str, Any] = orjson.loads(line)
                    return found
    raise Trouble(
        f"The run has no row `{row}`.",
        f"Rows of the dataset have their number in the column `id`; others are in {folder / REJECTED}.",
    )


def _show_row(folder: Path, row: dict[str, Any], *, format_: str) -> None:
    path = folder.parent.parent / JOURNAL
    calls = [event for event in row["story"] if event["kind"] == "call"]
    if not path.is_file():
        for event in calls:
            event["note"] = (
                f"a call; its prompt and answer are in the journal, which is not at {path}"
            )
    else:
        journal = SqliteJournal(path)
        try:
            for event in calls:
                event |= _call(journal, event["key"])
        finally:
            journal.close()
    if format_ == "json":
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    ending = (
        f"{row['kind']} at {row['step']}: {row['reason']}" if "step" in row else "in the dataset"
    )
    click.echo(click.style(f"row {row['id']}: {ending}", bold=True))
    verdict = [row["detail"]] if row.get("detail") else []
    verdict += [f"score {row['score']:.3f}"] if row.get("score") is not None else []
    if verdict:
        click.echo(f"  {', '.join(verdict)}")
    if row.get("cell"):
        click.echo(f"  cell: {', '.join(f'{k} = {v}' for k, v in row['cell'].items())}")
    for event in _each_call_once(row["story"]):
        _echo_event(event)
    click.echo(click.style("columns", bold=True))
    for name, value in row["columns"].items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"  {click.style(name, fg='cyan')}: {shown}")


def _each_call_once(story: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield a story without what it tells again: siblings that became one row share their calls."""
    told = set[tuple[str, str]]()
    for event in story:
        if event["kind"] == "call":
            call = event["step"], event["key"]
            if call in told:
                continue
            told.add(call)
        yield event


def _call(journal: SqliteJournal, key: str) -> dict[str, Any]:
    found = journal.story(bytes.fromhex(key))
    if found is None:
        return {"note": "not in the journal (the call was refused before it was made)"}
    request, answer = found
    return {"request": orjson.loads(request), "answer": orjson.loads(answer)}


def _echo_event(event: Mapping[str, Any]) -> None:
    click.echo(click.style(f"{event['step']}", fg="green", bold=True))
    match event:
        case {"kind": "call", "request": request, "answer": {"failed": _} as answer}:
            _echo_check(request, answer)
        case {"kind": "call", "request": request, "answer": answer}:
            _echo_call(request, answer)
        case {"kind": "call", "note": note}:
            click.echo(f"  {note}")
        case {"kind": "shots", "from": origins}:
            click.echo(f"  drew {'; '.join(origins)}")
        case {"kind": "score", "score": score, "detail": detail}:
            number = "" if score is None else f"{score:.3f}"
            head = " ".join(filter(None, (event.get("filter", ""), number)))
            click.echo(f"  {': '.join(filter(None, (head, detail)))}")
        case {"kind": "seed", "from": origin}:
            click.echo(f"  started from {origin}")
        case {"kind": "skip", "when": when}:
            click.echo(f"  skipped: {when} is false")
        case {"kind": "vote", "vote": vote}:
            click.echo(f"  {_vote(vote)}")
        case {"kind": "grow", "pool": pool}:
            click.echo(f"  joined the pool {pool}")
        case _:
            told = {key: value for key, value in event.items() if key not in ("step", "kind")}
            click.echo(f"  {event['kind']}: {json.dumps(told, ensure_ascii=False)}")


def _echo_call(request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    how = [f"{k} {v}" for k, v in request.get("sampling", {}).items()]
    how += [f"seed {request['seed']}"] if request.get("seed") is not None else []
    told = f" ({', '.join(how)})" if how else ""
    click.echo(f"  asked {request['model']}{told}")
    texts = [(name, request[name]) for name in ("prompt", "text") if request.get(name)]
    for name, content in [*request.get("messages", ()), *texts]:
        click.echo(click.style(f"  {name}:", fg="cyan"))
        click.echo(_indented(content))
    click.echo(click.style("  answer:", fg="cyan"))
    click.echo(_indented(_answer(request, answer)))


def _echo_check(request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Tell of a check what it was about, and how it ended."""
    did = "compared" if "gold" in request else "run"
    click.echo(f"  {did} by {request['model']}")
    for name in ("answer", "gold", "program", "tests"):
        if request.get(name):
            click.echo(click.style(f"  {name}:", fg="cyan"))
            click.echo(_indented(request[name]))
    ended = ": ".join(filter(None, (answer["failed"], answer["detail"])))
    click.echo(f"  {click.style('outcome:', fg='cyan')} {ended or 'passed'}")


def _vote(vote: Mapping[str, Any]) -> str:
    """Return how a vote ended, and how the row's own answer stands to it."""
    count = f"{vote['votes']:,} of {vote['of']:,}"
    if vote["winner"] is None:
        return f"no answer won: the most that agree are {count}"
    said = vote["winner"] if isinstance(vote["winner"], str) else json.dumps(vote["winner"])
    tied = ", as many as another answer" if vote["tied"] else ""
    return f"{count} say {said}{tied}; this one {'agrees' if vote['agrees'] else 'does not'}"


def _answer(request: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return a stored answer as a text to read, whatever its kind."""
    if "weights" in answer:
        shares = zip(request["labels"], answer["weights"], strict=True)
        lines = [f"{label}: {share:.3f}" for label, share in shares]
        if "mass" in answer:
            lines.append(f"mass (of all of them together): {answer['mass']:.3g}")
        return "\n".join(lines)
    if "logprobs" in answer:
        return "the log-probability of each token"
    return str(answer.get("text", answer.get("words", "a vector")))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
