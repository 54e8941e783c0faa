"""evol-code: five ways to make a program harder, three rounds, a solution to each version."""

import json
from pathlib import Path

from shipped_runs import run_like

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.heads import OperatorHead
from sofrito.recipe.library import Library
from sofrito.recipe.read import read_recipe
from sofrito.recipe.sources import TemplateSources
from sofrito.shipped import shipped, shipped_recipes
from sofrito.steps.evolve import Evolve
from sofrito.teachers.call import Completion

SEED = "Write a function that adds two numbers."
CODE = "```python\ndef add(a, b):\n    return a + b\n```\nIt adds them."


def harder(call: Completion) -> str:
    """Add a requirement to a problem, call every rewriting a gain, and solve every problem."""
    prompt = call.messages[-1].content
    if "<first>" in prompt:
        return "not equal"
    if "<problem>" in prompt:
        return prompt.split("<problem>\n")[1].split("\n</problem>")[0] + " And be quick."
    return CODE


def test_every_version_is_a_row_with_its_solution(tmp_path: Path) -> None:
    rows = [{"problem": SEED}]
    seeds = {"problems": {"file": None, "rows": rows}}
    run = run_like("evol-code", harder, tmp_path, seeds=seeds, rows=None)
    assert run.lost == {}
    assert {id_: (row["problem"], row["solution"]) for id_, row in run.rows.items()} == {
        f"0.{version}": (SEED + " And be quick." * version, CODE) for version in range(4)
    }
    lineage = run.rows["0.3"]["evolution"]["lineage"]
    assert [(one["round"], one["kept"]) for one in lineage] == [(1, True), (2, True), (3, True)]


def test_the_operators_are_all_those_for_programs_each_as_likely_as_the_others() -> None:
    step, _ = read_recipe(shipped_recipes()["evol-code"], vocabulary()).recipe.steps
    assert isinstance(step, Evolve)
    library = Library(TemplateSources(shipped("prompts"), shared=shipped("prompts")))
    heads = [
        library.head("operators", f"operators/{name}.j2") for name in library.names("operators")
    ]
    kind = {
        one.name: one.weight
        for one in heads
        if isinstance(one, OperatorHead) and one.kind == "code"
    }
    assert dict.fromkeys(step.operators, 1) == kind
    assert len(kind) == 5


def test_seed_problems_are_many_and_varied() -> None:
    text = (shipped_recipes()["evol-code"] / "seeds" / "problems.jsonl").read_text("utf-8")
    problems = [json.loads(line)["problem"] for line in text.splitlines()]
    assert len(set(problems)) == len(problems) >= 30
