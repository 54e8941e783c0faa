"""Problems as SARIF 2.1.0, the form in which code hosts and editors take findings."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sofrito import __version__
from sofrito.problems import Problem, Span
from sofrito.problems.codes import CODES, Code
from sofrito.recipe.overrides import COMMAND_LINE

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(problems: Iterable[Problem]) -> str:
    """Return a log with one run: a rule for each code that is told, a result for each problem.

    Columns count characters, from 1. A fix is text: the second sentence of a result's message, and
    its property `fix`. Files are named relative to the working directory where they are below it.
    """
    told = tuple(problems)
    rules = sorted({problem.code for problem in told})
    driver = {"name": "sofrito", "version": __version__, "rules": [*map(_rule, rules)]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, rules.index(problem.code)) for problem in told],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _rule(name: str) -> dict[str, Any]:
    code: Code = CODES[name]
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": f"{code.means} {code.why}"},
        "help": {"text": f"{code.instead} `sofrito explain {name}` shows an example."},
    }


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": f"{problem.what} {problem.fix}".rstrip()},
        "locations": [_location(problem.where)],
    }
    return result | ({"properties": {"fix": problem.fix}} if problem.fix else {})


def _location(where: Span) -> dict[str, Any]:
    if where.file == COMMAND_LINE:
        name = f"--set, number {where.line}"
        return {"logicalLocations": [{"fullyQualifiedName": name, "kind": "parameter"}]}
    region = {
        "startLine": where.line,
        "startColumn": where.column,
        "endColumn": where.column + where.length,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(where.file)}, "region": region}}


def _uri(file: Path) -> str:
    resolved = file.resolve()
    if resolved.is_relative_to(Path.cwd()):
        return quote(resolved.relative_to(Path.cwd()).as_posix())
    return resolved.as_uri()
