"""tool-calls: calls fit the functions of their row, are as many as wanted, and none is made twice."""

import json
import re
from typing import Any

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.formats.messages import Messages
from sofrito.plan.vocabulary import vocabulary
from sofrito.prompts import Render, Templates
from sofrito.recipe.read import read_recipe
from sofrito.recipe.sources import TemplateSources
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

TOOL = {
    "name": "ring",
    "description": "Rings a bell.",
    "parameters": {
        "type": "object",
        "properties": {"times": {"type": "integer", "minimum": 1, "description": "How often."}},
        "required": ["times"],
    },
}


def ring(times: int) -> dict[str, object]:
    return {"name": "ring", "arguments": {"times": times}}


CALLS = {
    "Please ring it once today.": [ring(1)],
    "Could you ring it less than never?": [ring(-1)],
    "Ring both bells of this house.": [ring(2), ring(3)],
    "Ring one bell and then the other.": [ring(1), ring(1)],
    "Ring this bell for me alone.": [ring(1)],
    "Please ring something I never ordered.": [ring(7)],
}
KINDS = {
    "by calling one": [*list(CALLS)[:2], list(CALLS)[5]],
    "two or three times": list(CALLS)[2:5],
    "none of these": ["Please paint the bell green."],
}


def script(call: Completion) -> str:
    prompt = call.messages[-1].content
    for words, requests in KINDS.items():
        if words in prompt:
            return json.dumps({"items": requests})
    if "something else" in prompt:
        return "I cannot paint, but I can ring."
    if "You check the answer" in prompt:
        return json.dumps({"rationale": "r", "label": "no" if "never ordered" in prompt else "yes"})
    request = call.messages[0].content.rpartition("Request: ")[2]
    return json.dumps({"calls": CALLS[request]})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "tool-calls",
        script,
        tmp_path_factory.mktemp("tools"),
        params={"judged": True},
        seeds={"toolsets": {"file": None, "rows": [{"domain": "bells", "tools": [TOOL]}]}},
        rows=None,
        steps={"generate request": {"schema": None, "items": None}},
    )


def test_what_comes_out(run: ShippedRun) -> None:
    rows = [(row["request"], row["calls"], row["reply"]) for row in run.rows.values()]
    assert rows == [
        ("Please ring it once today.", [ring(1)], None),
        ("Ring both bells of this house.", [ring(2), ring(3)], None),
        ("Please paint the bell green.", None, "I cannot paint, but I can ring."),
    ]


def test_the_readme_shows_a_row_with_calls(run: ShippedRun) -> None:
    folder = shipped_recipes()["tool-calls"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    (written,) = read_recipe(folder, vocabulary()).recipe.output.write
    assert isinstance(written, Messages)
    (row,) = (one for one in run.rows.values() if len(one["calls"] or ()) == 2)
    record = written.record(row)
    for call in record["messages"][1]["tool_calls"]:
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    assert json.loads(shown) == {**record, "tools": json.loads(record["tools"])}


def test_why_the_others_did_not_come_through(run: ShippedRun) -> None:
    several = "keep: calls | length > 1 if kind == 'several' else calls | length == 1"
    assert sorted(run.lost.values()) == [
        several, "keep: distinct.ok", "keep: verdict.score == 1", "unparseable",
    ]  # fmt: skip


def listing(*tools: Any) -> str:
    """Return what the prompt for requests says of functions."""
    folder = shipped_recipes()["tool-calls"]
    templates = Templates(TemplateSources(folder, shared=folder))
    values = {"domain": "bells", "kind": "one", "tools": list(tools)}
    (text,) = templates.render([Render("prompts/requests.j2", values)])
    assert isinstance(text, str)
    return text.partition(":\n")[2].partition("\n\n")[0]


def test_functions_of_all_usual_forms_are_listed() -> None:
    assert listing(TOOL) == "- ring: Rings a bell. Takes times (How often.)."
    assert listing({"type": "function", "function": TOOL}) == listing(TOOL)
    properties = {"times": {"type": "integer"}, "tone": True}
    bare = {"name": "ring", "input_schema": {"type": "object", "properties": properties}}
    assert listing(bare) == "- ring. Takes times, tone."
    without = {"name": "hush", "description": "Silence.", "parameters": None}
    assert listing(bare, without, {"name": "now"}) == (
        "- ring. Takes times, tone.\n- hush: Silence.\n- now."
    )
