"""Shows problems as a compiler does: code, place, the line with a caret, the fix."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from sofrito.problems import Problem

_COLOURS = {"error": "red", "warning": "yellow"}
_WIDEST = 160

# What follows `api_key:` and is not `${NAME}`.
_KEY = re.compile(r"""(api_key["']?\s*:\s*)(?!["']?\$\{[A-Za-z_]\w*\})([^\s,][^,]*)""")


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# What a file that is no text at all begins with, decoded.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ufffd]|^%PDF-")

_KEPT = 40
_ENDLESS = re.compile(rf"\S{{{4 * _KEPT},}}")

_TAB = "  "

_PASSWORD = re.compile(r"//[^/@\s]+@")


def echo_problems(problems: Sequence[Problem]) -> None:
    """Print every problem to standard error, and how many there are."""
    for problem in problems:
        click.echo(rendered(problem, source_line(problem)), err=True)
    click.echo(counted(problems), err=True)


def counted(problems: Sequence[Problem]) -> str:
    """Return how many errors and warnings there are, in words."""
    errors = sum(problem.severity == "error" for problem in problems)
    counts = [(errors, "error"), (len(problems) - errors, "warning")]
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n)


def rendered(problem: Problem, line: str | None) -> str:
    """Return a problem as text with colours; ``line`` is the source line, None where there is none."""
    where = problem.where
    colour = _COLOURS[problem.severity]
    head = click.style(f"{problem.severity}[{problem.code}]", fg=colour, bold=True)
    parts = [f"{head}: {click.style(visible(problem.what), bold=True)}"]
    margin = " " * len(str(where.line))
    parts.append(
        f"{margin} {click.style('-->', fg='blue')} {visible(_relative(where.file))}:{where.line}:{where.column}"
    )
    if line is not None:
        start = where.column - 1
        before = line[:start].replace("\t", _TAB)
        text, column = _window(before + line[start:].replace("\t", _TAB), len(before) + 1)
        bar = click.style("|", fg="blue")
        number = click.style(str(where.line), fg="blue")
        before, below = text[: column - 1], text[column - 1 : column - 1 + where.length]
        caret = click.style("^" * max(1, _cells(below)), fg=colour, bold=True)
        parts += [f"{number} {bar} {text}", f"{margin} {bar} {' ' * _cells(before)}{caret}"]
    if problem.fix:
        parts.append(f"{margin} {click.style('=', fg='blue')} {visible(problem.fix)}")
    return "\n".join(parts) + "\n"


def visible(text: str) -> str:
    """Return a text in which characters that a terminal would obey are written as escapes."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", _ENDLESS.sub(_cut, text))


def _cut(word: re.Match[str]) -> str:
    """Return a long word without its middle."""
    return f"{word[0][:_KEPT]}…{word[0][-_KEPT:]}"


def _cells(text: str) -> int:
    """Return the columns of a terminal that a text takes: wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _window(line: str, column: int) -> tuple[str, int]:
    """Cut a long line around the column."""
    line = "".join(one if one == " " or not _CONTROL.match(one) else "�" for one in line)
    if len(line) <= _WIDEST:
        return line, column
    start = max(0, column - _WIDEST // 2)
    return line[start : start + _WIDEST], column - start


def source_line(problem: Problem) -> str | None:
    """Return the line a problem points at, or None where it cannot be read or is no text."""
    try:
        with problem.where.file.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if number == problem.where.line:
                    if problem.where.column == 1 and _NO_TEXT.search(line):
                        return None
                    return _without_keys(line.rstrip("\r\n"))
    except OSError:
        return None
    return None


def _without_keys(line: str) -> str:
    """Return a line in which an API key that was written out is hidden, at its length."""
    line = _PASSWORD.sub(lambda found: "//" + "*" * (len(found.group()) - 3) + "@", line)
    return _KEY.sub(lambda found: found.group(1) + "*" * len(found.group(2)), line)


def as_json(problems: Iterable[Problem]) -> str:
    """Return problems for machines: a JSON list."""
    return json.dumps([_plain(problem) for problem in problems], ensure_ascii=False, indent=2)


def _plain(problem: Problem) -> dict[str, Any]:
    where = problem.where
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": str(where.file),
        "line": where.line,
        "column": where.column,
        "length": where.length,
        "what": problem.what,
        "fix": problem.fix,
    }


def _relative(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
