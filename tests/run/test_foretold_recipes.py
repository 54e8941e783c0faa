"""The shipped recipes on a scripted teacher that writes sentences: a pilot foretells their calls."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from sofrito.plan.compile import compiled
from sofrito.plan.estimate import expected
from sofrito.plan.inputs import inputs
from sofrito.plan.program import Program
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.run.budget import Limits
from sofrito.run.journal import SqliteJournal
from sofrito.run.outlook import estimated
from sofrito.run.prices import FREE
from sofrito.run.rehearse import piloted, rehearsed
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.scripted.values import WORDS

RECIPES = {name: shipped_recipes()[name] for name in ("alpaca", "self-instruct")}
"""Recipes of one model that draw many candidates, of which a pilot sees few."""


def sentences(call: Completion) -> str | None:
    """Answer as a teacher would, by the call alone: sentences where texts are asked for."""
    if call.schema is None:
        return None
    rng = random.Random(int.from_bytes(call.key({})))
    return orjson.dumps(_value(call.schema, rng)).decode()


def _value(schema: Mapping[str, Any], rng: random.Random) -> Any:
    match schema["type"]:
        case "object":
            return {name: _value(one, rng) for name, one in schema["properties"].items()}
        case "array":
            count = rng.randint(schema.get("minItems", 1), schema.get("maxItems", 4))
            return [_value(schema["items"], rng) for _ in range(count)]
    words = " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 12)))
    if "noinput" in schema.get("pattern", ""):
        return rng.choice(["<noinput>", words])
    return f"Explain {words}."


@pytest.mark.parametrize("pilot", [8, 16])
@pytest.mark.parametrize("name", RECIPES)
def test_calls_are_foretold_within_a_fifth(name: str, pilot: int, tmp_path: Path) -> None:
    # many rows: what is on its way when the last one comes is then little beside them
    read = read_recipe(RECIPES[name], vocabulary(), sets={"rows": "400"})
    given = inputs(read)

    def program() -> Program:
        return compiled(
            read.recipe,
            folder=read.folder,
            pools=given.pools,
            axes=given.axes,
            source=given.source,
            hashes=given.hashes,
        )

    def asked(candidates: int, journal: str) -> int:
        return piloted(
            program(),
            candidates,
            tmp_path / journal,
            {"teacher": ScriptedTeacher(sentences)},
            limits=Limits(),
            rates={},
            tariffs={"teacher": FREE},
            on_progress=lambda _: None,
        ).asked

    asked(pilot, "pilot")
    journal = SqliteJournal(tmp_path / "pilot", program().fingerprint)
    known = rehearsed(program(), journal, {"teacher": ScriptedTeacher(sentences)})
    journal.close()
    found = estimated(
        program(),
        expected(read.recipe),
        {},
        known,
        speeds={},
        tariffs={"teacher": FREE},
        seeds=None,
    )
    whole = asked(10_000, "whole")
    assert not known.whole
    assert found.rows == read.recipe.rows
    assert found.calls == pytest.approx(whole, rel=0.2)
