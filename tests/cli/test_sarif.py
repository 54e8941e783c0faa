"""Logs of SARIF 2.1.0: each is what the standard asks of the objects that are in it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft202012Validator

from sofrito.cli.sarif import as_sarif
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import Problem, RecipeError
from sofrito.problems.codes import CODES
from sofrito.recipe.read import read_recipe

CASES = sorted((Path(__file__).parents[1] / "recipe" / "problems").glob("*.yaml"))


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    kind = {"type": "object", "additionalProperties": False}
    return {**kind, "required": required, "properties": properties}


COUNT = {"type": "integer", "minimum": 1}
TEXT = {"type": "string", "minLength": 1}
SAID = closed(["text"], text=TEXT)
URI = {"type": "string", "minLength": 1, "pattern": r"^[A-Za-z0-9._~:/@!$&'()*+,;=%-]+$"}
REGION = closed(["startLine"], startLine=COUNT, startColumn=COUNT, endColumn=COUNT)
PLACE = closed(
    ["artifactLocation", "region"], artifactLocation=closed(["uri"], uri=URI), region=REGION
)
LOCATION = {
    **closed(
        [],
        physicalLocation=PLACE,
        logicalLocations={
            "type": "array",
            "minItems": 1,
            "items": closed(["fullyQualifiedName"], fullyQualifiedName=TEXT, kind=TEXT),
        },
    ),
    "minProperties": 1,
}
RESULT = closed(
    ["message", "ruleId", "ruleIndex", "level", "locations"],
    ruleId={"enum": list(CODES)},
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=SAID,
    locations={"type": "array", "minItems": 1, "maxItems": 1, "items": LOCATION},
    properties={"type": "object"},
)
RULE = closed(["id"], id=TEXT, shortDescription=SAID, fullDescription=SAID, help=SAID)
DRIVER = closed(
    ["name", "rules"],
    name=TEXT,
    version=TEXT,
    rules={"type": "array", "uniqueItems": True, "items": RULE},
)
RUN = closed(
    ["tool", "results"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
LOG = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={"type": "array", "minItems": 1, "items": RUN},
)
"""What the standard (OASIS, SARIF 2.1.0, section 3) says of the properties that a log here has."""


def problems_of(recipe: Path, **sets: str) -> tuple[Problem, ...]:
    try:
        return read_recipe(recipe, vocabulary(), environ={}, sets=sets).warnings
    except RecipeError as error:
        return error.problems


@pytest.fixture(scope="module")
def log() -> Any:
    """A log of every recipe of the golden corpus."""
    problems = [problem for case in CASES for problem in problems_of(case)]
    assert len(problems) > len(CASES)
    return json.loads(as_sarif(problems))


def test_a_log_is_as_the_standard_wants_it(log: Any) -> None:
    assert [error.message for error in Draft202012Validator(LOG).iter_errors(log)] == []


def test_every_result_is_of_its_rule(log: Any) -> None:
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    named = [rules[result["ruleIndex"]]["id"] for result in run["results"]]
    assert named == [result["ruleId"] for result in run["results"]]
    assert sorted({*named}) == [rule["id"] for rule in rules]


def test_every_place_is_in_its_file(log: Any) -> None:
    outside = []
    for result in log["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        file = Path(unquote(urlsplit(place["artifactLocation"]["uri"]).path))
        lines = file.read_bytes().decode("utf-8", errors="replace").split("\n")
        region = place["region"]
        line = lines[min(region["startLine"], len(lines)) - 1]
        inside = region["startLine"] <= len(lines) and region["startColumn"] <= len(line) + 1
        if not (inside and region["startColumn"] < region["endColumn"]):
            outside.append((file.name, region))
    assert outside == []


def test_columns_count_characters(tmp_path: Path) -> None:
    recipe = tmp_path / "a 100 % \N{GRINNING FACE} recipe.yaml"
    line = '    prompt: "\N{GRINNING FACE} Tell me of {{ topic }}."'
    text = (
        f"recipe: case\nrows: 5\nsteps:\n  - generate: answer\n{line}\noutput: {{write: [raw]}}\n"
    )
    recipe.write_text(text, encoding="utf-8")
    log = json.loads(as_sarif(problems_of(recipe)))
    (run,) = log["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    start = line.index("topic") + 1
    assert run["columnKind"] == "unicodeCodePoints"
    assert place["region"] == {"startLine": 5, "startColumn": start, "endColumn": start + 5}
    assert place["artifactLocation"]["uri"] == recipe.as_uri()
    assert [error.message for error in Draft202012Validator(LOG).iter_errors(log)] == []


def test_an_override_has_a_logical_place(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recipe: case\nsteps: [{dedup: a}]\noutput: {write: [raw]}\n", "utf-8")
    log = json.loads(as_sarif(problems_of(recipe, rows="none")))
    assert [error.message for error in Draft202012Validator(LOG).iter_errors(log)] == []
