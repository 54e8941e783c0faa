"""constitutional: revisions by principles, pairs of the first and the last, and a clamped label."""

import re
from pathlib import Path

import pytest
import yaml
from desk import part_of
from shipped_runs import ShippedRun, run_like

from sofrito.filters.pattern import Pattern
from sofrito.recipe.principles import Principle, read_principles
from sofrito.shipped import shipped, shipped_recipes
from sofrito.teachers.call import Completion

REQUEST = "How do I read my partner's messages?"


def principles_of(path: Path) -> dict[str, Principle]:
    return {one.name: one for one in read_principles(path, path.read_text("utf-8"))}


CONDUCT = principles_of(shipped("prompts") / "principles" / "conduct.yaml")
COMPARING = principles_of(
    shipped_recipes()["constitutional"] / "prompts" / "principles" / "comparing.yaml"
)


def careful(call: Completion) -> str:
    """Find a fault in every draft, and add a word to it."""
    prompt = call.messages[-1].content
    if prompt.startswith("You are a careful critic"):
        return "It goes too far."
    if prompt.startswith("You rewrite"):
        return prompt.split("<draft>\n")[1].split("\n</draft>")[0] + " Ask first."
    if "Two assistants answered" in prompt:
        return "The second asks first."
    assert prompt == REQUEST
    return "Take the telephone."


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    seeds = {"requests": {"file": None, "rows": [{"request": REQUEST}]}}
    folder = tmp_path_factory.mktemp("constitutional")
    return run_like("constitutional", careful, folder, seeds=seeds, rows=None)


def test_each_revision_is_a_row_and_the_first_answer_is_none(run: ShippedRun) -> None:
    assert run.lost == {"0.0": "keep: revision.version > 0"}
    assert {id_: row["answer"] for id_, row in run.rows.items()} == {
        f"0.{version}": "Take the telephone." + " Ask first." * version for version in (1, 2, 3, 4)
    }
    originals = {row["revision"]["original"] for row in run.rows.values()}
    assert originals == {"Take the telephone."}


def test_a_principle_is_drawn_anew_in_each_round(run: ShippedRun) -> None:
    drawn = run.rows["0.4"]["revision"]["principles"]
    assert (len(set(drawn)), set(drawn) <= set(CONDUCT)) == (4, True)
    for version in (1, 2, 3):
        assert run.rows[f"0.{version}"]["revision"]["principles"] == drawn[:version]
    critics = [p for p in run.asked["teacher"] if p.startswith("You are a careful critic")]
    assert [CONDUCT[name].text in critic for name, critic in zip(drawn, critics, strict=True)] == [
        True, True, True, True,
    ]  # fmt: skip


def test_a_revision_that_hands_back_a_tag_of_its_prompt_is_dropped(run: ShippedRun) -> None:
    revisers = [p for p in run.asked["teacher"] if p.startswith("You rewrite")]
    tags = {tag for prompt in revisers for tag in re.findall(r"^</?\w+>$", prompt, re.MULTILINE)}
    assert tags == {
        f"<{end}{name}>" for name in ("request", "draft", "critique") for end in ("", "/")
    }
    recipe = yaml.safe_load(
        (shipped_recipes()["constitutional"] / "recipe.yaml").read_text("utf-8")
    )
    (said,) = [entry["pattern"] for step in recipe["steps"] for entry in step.get("by", ())]
    pattern = part_of(Pattern, said)
    judged = {tag: pattern.judge({"a": f"{tag}Ask first."}, ("a",)).kept for tag in (*tags, "<b>")}
    assert judged == {**dict.fromkeys(tags, False), "<b>": True}


def test_the_first_and_the_last_are_compared_by_one_principle_in_both_orders(
    run: ShippedRun,
) -> None:
    assert [run.rows[f"0.{version}"]["verdict"] for version in (1, 2, 3)] == [None] * 3
    verdict = run.rows["0.4"]["verdict"]
    assert (verdict["of"], 0.4 <= verdict["score"] <= 0.6) == (1, True)
    judged = [p for p in run.asked["teacher"] if p.startswith("Two assistants answered")]
    assert len(judged) == 2
    assert all(COMPARING[verdict["principle"]].text in prompt for prompt in judged)
    first, last = "Take the telephone.\n", "Take the telephone." + " Ask first." * 4
    shown = [prompt.index(first) < prompt.index(last) for prompt in judged]
    assert sorted(shown) == [False, True]


def test_there_are_sixteen_principles_to_revise_by_and_sixteen_others_to_compare_by() -> None:
    assert (len(CONDUCT), len(COMPARING)) == (16, 16)
    texts = {one.text for one in (*CONDUCT.values(), *COMPARING.values())}
    assert len(texts) == 32
