"""`sofrito explain`: what a diagnostic code means, with an example and what to do instead."""

import json
from dataclasses import asdict

import click

from sofrito.cli.output_format import format_option
from sofrito.problems import did_you_mean
from sofrito.problems.codes import CODES


@click.command("explain")
@click.argument("code", required=False)
@format_option()
def command(code: str | None, format_: str) -> None:
    """Explain CODE, such as SOF201: what it means, an example, what to do. Without it, list all."""
    names = [_known(code)] if code else list(CODES)
    if format_ == "json":
        said = [{"code": name, **asdict(CODES[name])} for name in names]
        click.echo(json.dumps(said[0] if code else said, ensure_ascii=False, indent=2))
    elif code:
        from sofrito.cli.problem_pages import in_terminal

        click.echo(in_terminal(names[0]))
    else:
        for name in names:
            click.echo(f"{click.style(name, bold=True)}  {CODES[name].title}")


def _known(code: str) -> str:
    number = code.strip().upper().removeprefix("SOF")
    for letter, digit in ("O0", "I1", "L1"):
        number = number.replace(letter, digit)
    name = f"SOF{number}"
    if name not in CODES:
        near = "`sofrito explain` lists all codes."
        if number.isdigit():
            near = did_you_mean(name, CODES, otherwise=near)
        raise click.UsageError(f"There is no code `{code}`. {near}")
    return name
