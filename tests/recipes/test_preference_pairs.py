"""preference-pairs: four ways to ask, scores by aspects, which two make the pair, what is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

PROMPTS = ["Name a fruit.", "Name a river."]
SEEDS = {"prompts": {"file": None, "rows": [{"instruction": prompt} for prompt in PROMPTS]}}
ANSWERS = ("bad", "poor", "fair", "good")
WORTH = {"bad": 1, "poor": 2, "fair": 3, "good": 5}
ASPECTS = ("instruction_following", "truthfulness", "honesty", "helpfulness")


class Models:
    """Answer each prompt in the four words above, one after the other, and judge these by WORTH."""

    def __init__(self, **worth: int) -> None:
        self.worth = WORTH | worth
        self.written: dict[str, int] = {}
        self.systems: list[str] = []

    def __call__(self, call: Completion) -> str:
        prompt = call.messages[-1].content
        shown = re.findall(r"<answer(?:_(\w+))?>\n(.*?)\n</answer", prompt)
        if shown:
            return self._judged(shown) if "<answer_A>" not in prompt else _better(shown)
        assert prompt in PROMPTS
        self.systems.append(call.messages[0].content)
        self.written[prompt] = self.written.get(prompt, -1) + 1
        return ANSWERS[self.written[prompt]]

    def _judged(self, shown: list[tuple[str, str]]) -> str:
        scores: dict[str, int] = {}
        for place, answer in shown:
            prefix = f"answer_{place}_" if place else ""
            scores |= {f"{prefix}{aspect}": self.worth[answer] for aspect in ASPECTS}
            if answer == "fair":
                scores[f"{prefix}honesty"] = 4
        return json.dumps(scores)


def _better(shown: list[tuple[str, str]]) -> str:
    (_, one), (_, other) = shown
    return json.dumps({"better": "AB"[WORTH[one] < WORTH[other]]})


def run(folder: Path, models: Models | None = None, **params: Any) -> ShippedRun:
    said = {"score": "answer", "margin": 0.5, **params}
    script = models or Models()
    return run_like("preference-pairs", script, folder, seeds=SEEDS, rows=None, params=said)


@pytest.mark.parametrize("compare", ["alone", "together"])
def test_the_best_and_the_worst_by_the_mean_of_four_aspects(tmp_path: Path, compare: str) -> None:
    done = run(tmp_path, compare=compare, take="best_worst")
    told = {"chosen": 5.0, "rejected": 1.0, "margin": 4.0, "of": 4}
    assert {
        id_: (row["chosen"], row["rejected"], row["pair"]) for id_, row in done.rows.items()
    } == {
        "0": ("good", "bad", told),
        "1": ("good", "bad", told),
    }
    assert len(done.asked["judge"]) == (8 if compare == "alone" else 2)


def test_pairs_in_both_orders_and_shares_of_comparisons_won(tmp_path: Path) -> None:
    done = run(tmp_path, compare="pairwise", take="best_worst")
    told = {"chosen": 1.0, "rejected": 0.0, "margin": 1.0, "of": 4}
    assert [row["pair"] for row in done.rows.values()] == [told, told]
    assert len(done.asked["judge"]) == 2 * 12


def test_the_best_is_paired_with_another_by_chance(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert {row["chosen"] for row in done.rows.values()} == {"good"}
    by_score = {1.0: "bad", 2.0: "poor", 3.25: "fair"}
    for row in done.rows.values():
        assert row["rejected"] == by_score[row["pair"]["rejected"]]


def test_what_is_too_near_is_no_pair(tmp_path: Path) -> None:
    done = run(tmp_path, Models(bad=2), take="best_worst", margin=4)
    assert done.rows == {}
    assert set(done.lost.values()) == {"margin too small"}


def test_each_answer_is_asked_for_in_another_way(tmp_path: Path) -> None:
    models = Models()
    done = run(tmp_path, models)
    assert len(done.asked["strong"]) + len(done.asked["weak"]) == 8
    assert len(models.systems) == 8
    folder = shipped_recipes()["preference-pairs"] / "prompts"
    principles = {path.read_text("utf-8").strip() for path in folder.glob("*.j2")}
    assert {text.strip() for text in models.systems} <= principles


def test_the_recipe_of_the_readme_is_one(tmp_path: Path) -> None:
    text = (shipped_recipes()["preference-pairs"] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "recipe.yaml").write_text(shown, encoding="utf-8")
    read = read_recipe(tmp_path, vocabulary())
    assert read.warnings == ()
    assert read.recipe.values()["compare"] == "together"
