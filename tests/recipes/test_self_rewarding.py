"""self-rewarding: prompts that grow, points for one's own answers, the best against the worst."""

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from shipped_runs import ShippedRun, run_like

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

NEW = ("Describe the taste of tea to a Martian.", "Write two lines about an empty harbour.")
POINTS = {"rain": (0, 0, 0), "wind": (2, 3, 2), "snow": (4, 4, 3), "sun": (5, 5, 4)}


class Model:
    """Write the prompts above, answer each with four words, and draw three scores for an answer."""

    def __init__(self, points: dict[str, tuple[int, int, int]]) -> None:
        self.points = points
        self.prompts = iter(NEW)
        self.written: dict[str, int] = {}
        self.judged: dict[tuple[str, ...], int] = {}

    def __call__(self, call: Completion) -> str:
        text = call.messages[-1].content
        if text.startswith("Here are requests"):
            return json.dumps({"items": [{"instruction": next(self.prompts, NEW[0])}]})
        if found := re.search(
            r"<instruction>\n(.*)\n</instruction>.*<answer>\n(.*)\n<", text, re.S
        ):
            time = self.judged[found.groups()] = self.judged.get(found.groups(), -1) + 1
            return json.dumps({"rationale": "So.", "score": self.points[found[2]][time]})
        self.written[text] = self.written.get(text, -1) + 1
        return list(self.points)[self.written[text]]


def shown() -> str:
    """Return the recipe that the README shows: the mean of three drawn scores."""
    text = (shipped_recipes()["self-rewarding"] / "README.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return str(recipe)


def run(folder: Path, points: dict[str, tuple[int, int, int]], rows: int) -> ShippedRun:
    steps = YAML(typ="safe", pure=True).load(shown())["steps"]
    script, one_by_one = Model(points), {"round": 1, "lag": 0}
    return run_like("self-rewarding", script, folder, rows=rows, steps=steps, **one_by_one)


def test_the_recipe_of_the_readme_is_one(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(shown(), encoding="utf-8")
    assert read_recipe(tmp_path, vocabulary()).warnings == ()


def test_the_mean_of_three_scores_decides(tmp_path: Path) -> None:
    done = run(tmp_path, POINTS, rows=2)
    rows = list(done.rows.values())
    assert [row["instruction"] for row in rows] == list(NEW)
    assert [(row["chosen"], row["rejected"]) for row in rows] == [("sun", "rain")] * 2
    mean = pytest.approx(14 / 3)
    assert rows[0]["pair"] == {"chosen": mean, "rejected": 0.0, "margin": mean, "of": 4}


def test_what_the_model_wrote_is_an_example_for_its_next_prompt(tmp_path: Path) -> None:
    asked = run(tmp_path, POINTS, rows=2).asked["teacher"]
    first, second = [prompt for prompt in asked if prompt.startswith("Here are requests")][:2]
    assert (NEW[0] in first, NEW[0] in second) == (False, True)


def test_answers_of_equal_means_are_no_pair(tmp_path: Path) -> None:
    same = dict.fromkeys(POINTS, (3, 3, 3))
    done = run(tmp_path, {**same, "rain": (4, 2, 3)}, rows=1)
    assert (done.status, done.rows) == ("short", {})
    reasons = list(done.lost.values())
    assert (reasons.count("tie"), set(reasons)) == (2, {"tie", "novelty: too similar"})
