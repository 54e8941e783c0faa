"""What the end of a run says about the rows it lost."""

from pathlib import Path
from typing import Any

import pytest
from runs import sofrito
from storm import recipe_of

from sofrito.cli.advice import advice, cut_answers
from sofrito.recipe.model import Recipe
from sofrito.run.ledger import Ledger

LOCAL = {"models": {"teacher": {"model": "local"}}}
SERVER = {
    "models": {"teacher": {"backend": "openai", "base_url": "http://l:1/v1", "model": "m"}},
}


def recipe(models: dict[str, Any] = SERVER, **step: Any) -> Recipe:
    asked = {"generate": "answer", "prompt": "Why?", "sampling": {"max_tokens": 300}, **step}
    checked = {"filter": "answer", "by": ["unique"]}
    return recipe_of({"rows": 4, "steps": [asked, checked], **models})


def ledger(cut: int = 0, equal: int = 0, failed: int = 0, *, entered: int = 14) -> Ledger:
    told = Ledger(["generate answer", "filter answer"])
    told.tallies[1].entered, told.tallies[2].entered = entered, entered - cut - failed
    told.tallies[1].rejected.update({"truncated": cut} if cut else {})
    told.tallies[1].failed.update({"template": failed} if failed else {})
    told.tallies[2].rejected.update({"unique: equal to a sibling": equal} if equal else {})
    return told


CUT = "Most rows are lost in `generate answer`: 10 of 14 answers were cut off at 300 tokens. "


def test_answers_that_were_cut_name_what_keeps_them_whole() -> None:
    shorter = "Raise its `max_tokens`, ask for shorter answers"
    assert advice(recipe(), ledger(cut=10, equal=2)) == (
        f"{CUT}{shorter} or set `truncated: keep`."
    )
    listed = recipe(parse="numbered_list")
    assert advice(listed, ledger(cut=10)) == f"{CUT}{shorter} or set `truncated: drop_last`."
    shaped = recipe(parse="json")
    assert (
        advice(shaped, ledger(cut=10)) == f"{CUT}Raise its `max_tokens` or ask for shorter answers."
    )


def test_the_step_that_loses_the_largest_share_is_told_and_the_earliest_of_equals() -> None:
    assert advice(recipe(), ledger(cut=2, equal=5)) == (
        "Most rows are lost in `filter answer`: 5 of 12 rows were rejected "
        "(unique: equal to a sibling). Loosen that, or mend what comes into it."
    )
    assert advice(recipe(), ledger(cut=5, equal=5, entered=12)) == (
        "Most rows are lost in `filter answer`: 5 of 7 rows were rejected "
        "(unique: equal to a sibling). Loosen that, or mend what comes into it."
    )
    assert advice(recipe(), ledger(equal=3, failed=4)) == (
        "Most rows are lost in `generate answer`: 4 of 14 rows failed (template). "
        "Mend it: the list above has an example."
    )
    assert advice(recipe(), ledger()) == ""


def test_the_embedded_model_is_named_as_a_cause() -> None:
    told = advice(recipe(LOCAL), ledger(cut=10))
    assert told.endswith(" A larger teacher than the embedded one loses fewer.")


def test_a_made_up_teacher_is_not_the_embedded_one() -> None:
    scripted = {"models": {"teacher": {"model": "local", "backend": "scripted"}}}
    assert advice(recipe(scripted), ledger(cut=10)) == advice(recipe(), ledger(cut=10))


def test_that_most_answers_were_cut_is_worth_a_note() -> None:
    assert cut_answers(recipe(), ledger(cut=6)) == ""
    assert cut_answers(recipe(), ledger(cut=7, equal=7)) == (
        "`generate answer`: 7 of 14 answers were cut off at 300 tokens. Raise its `max_tokens`, "
        "ask for shorter answers or set `truncated: keep`."
    )


SHORT = """
recipe: short
models: {teacher: {backend: scripted}}
seeds: {tasks: {rows: [{q: one}, {q: two}, {q: three}]}}
from: tasks
rows: 15
steps:
  - generate: a
    prompt: "{{ q }}"
    parse: json_list
    items: [1, 5]
  - generate: b
    prompt: "{{ a }}"
    sampling: {max_tokens: 2}
output: {write: [raw]}
"""
SIBLINGS = """
recipe: short
models: {teacher: {backend: scripted}}
seeds: {tasks: {rows: [{q: one}, {q: two}, {q: three}]}}
from: tasks
rows: 3
steps:
  - {generate: a, prompt: "{{ q }}", n: 4}
"""
PAIRED = f"""{SIBLINGS}
  - filter: a
    by: [{{first: 2}}]
  - {{pair: a, by: a | length, margin: 9000}}
output: {{write: [{{dpo: {{prompt: q}}}}]}}
"""
VOTED = f"""{SIBLINGS}
  - {{vote: a, keep: vote.agrees}}
  - {{generate: b, prompt: "{{{{ a }}}}", keep: "q == 'two'"}}
output: {{write: [raw]}}
"""
KEPT = SHORT.replace("max_tokens: 2}", "max_tokens: 2}\n    truncated: keep")
TRIED = "The run stopped short because all 3 seed rows were tried.\n"


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        (
            SHORT,
            f"{TRIED}Most rows are lost in `generate b`: 12 of 12 answers were cut off at 2 tokens. "
            "Raise its `max_tokens`, ask for shorter answers or set `truncated: keep`.\nnote: raw",
        ),
        (KEPT, f"{TRIED}Add seed rows, or ask for fewer rows.\ndataset"),
        (
            PAIRED,
            "Most rows are lost in `pair a`: 3 of 3 rows were rejected (margin too small). "
            "Loosen that, or mend what comes into it.\nnote: dpo",
        ),
        (
            VOTED,
            "Most rows are lost in `generate b`: 2 of 3 rows were rejected (keep: q == 'two'). ",
        ),
        (
            SHORT.replace("sampling: {max_tokens: 2}", "keep: b | length % 2 == 0"),
            f"{TRIED}Most rows are lost in `generate b`: 5 of 12 rows were rejected "
            "(keep: b | length % 2 == 0). Loosen that, or mend what comes into it.\n"
            "Or add seed rows, or ask for fewer rows.\ndataset",
        ),
    ],
    ids=["cut", "too few seeds", "a pair", "a vote", "rejected"],
)
def test_a_run_that_fell_short_ends_with_what_to_do(given: str, ends: str, tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(given, encoding="utf-8")
    done = sofrito("run", "short.yaml", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert ends in done.stdout


def test_a_step_that_few_rows_reach_is_not_the_one_that_loses_most() -> None:
    assert advice(recipe(), ledger(cut=4, equal=1, entered=5)).startswith(
        "Most rows are lost in `generate answer`: 4 of 5 answers were cut off"
    )
    assert advice(recipe(), ledger(cut=150, equal=49, entered=200)).startswith(
        "Of the rows that reach it, `filter answer` loses the most: 49 of 50 rows were rejected"
    )


def test_what_no_format_could_write_is_lost_in_the_output() -> None:
    told = ledger()
    told.tallies[-1].entered = 14
    told.tallies[-1].rejected["messages: `answer` is null"] = 9
    assert advice(recipe(), told) == (
        "Most rows are lost in the output: 9 of 14 rows could not be written "
        "(messages: `answer` is null). Correct it, or what makes its columns."
    )
