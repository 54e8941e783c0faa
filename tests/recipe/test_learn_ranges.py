"""Numbers that a step makes have bounds, and what is asked of them beyond these is told."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: bounds
models: {{teacher: {{backend: scripted}}}}
params: {{half: 2}}
seeds: {{asked: {{rows: [{{q: Why?, n: 1}}, {{q: How?, n: 3}}]}}}}
from: asked
steps:
  - generate: answer
    prompt: "{{{{ q }}}}"
    n: 3
    sampling: {{temperature: {temperature}}}
{steps}
output: {{write: [raw]}}
"""


def told(
    folder: Path, vocabulary: Vocabulary, *steps: str, temperature: float = 1
) -> list[tuple[str, str]]:
    """Return the errors of a recipe with these steps, each with what to do."""
    listed = "\n".join(f"  - {step}" for step in steps)
    text = RECIPE.format(steps=listed, temperature=temperature)
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    try:
        read_recipe(folder / "recipe.yaml", vocabulary, environ={})
    except RecipeError as error:
        found = (one for one in error.problems if one.severity == "error")
        return [(one.what, one.fix) for one in found]
    return []


CORRECT = "No row comes through: correct the condition."
JUDGE = "{judge: answer, given: q, rubric: helpfulness, keep: verdict.score >= 4}"
TOGETHER = "{judge: answer, given: q, rubric: helpfulness, compare: together, keep: verdict.of > 3}"
FIRST = "{filter: answer, by: [{first: 2}]}"


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        pytest.param(
            ["{vote: answer, keep: vote.votes >= 4}"],
            "`vote.votes >= 4` is never true: `vote.votes` is from 0 to 3.",
            id="votes",
        ),
        pytest.param(
            ["{vote: answer, as: poll, keep: poll.of > 3}"],
            "`poll.of > 3` is never true: `poll.of` is from 1 to 3.",
            id="answers",
        ),
        pytest.param(
            [FIRST, "{vote: answer, keep: vote.votes == 3}"],
            "`vote.votes == 3` is never true: `vote.votes` is from 0 to 2.",
            id="those that are left",
        ),
        pytest.param(
            [TOGETHER], "`verdict.of > 3` is never true: `verdict.of` is from 1 to 3.", id="shown"
        ),
        pytest.param(
            [JUDGE, "{set: part, to: verdict.score / 2}", "{filter: answer, keep: part < 1.5}"],
            "`part < 1.5` is never true: `part` is from 2 to 2.5 in the rows that come here.",
            id="computed",
        ),
        pytest.param(
            ["{set: n, to: n * params.half}", "{filter: answer, keep: n > 6}"],
            "`n > 6` is never true: `n` is from 2 to 6 in the rows that come here.",
            id="computed of itself",
        ),
        pytest.param(
            [
                "{judge: answer, given: q, rubric: helpfulness}",
                "{set: part, to: verdict.score * 2}",
                "{pair: answer, by: part, margin: 9}",
            ],
            "Nothing passes: `part` is from 2 to 10 in the rows that come here, so that two never "
            "differ by 9.",
            id="margin",
        ),
    ],
)
def test_what_is_beyond_the_bounds(
    tmp_path: Path, vocabulary: Vocabulary, steps: list[str], what: str
) -> None:
    assert [one for one, _ in told(tmp_path, vocabulary, *steps)] == [what]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(["{vote: answer, keep: vote.votes == 3 and vote.of == 3}"], id="all agree"),
        pytest.param(["{vote: answer, keep: vote.votes < 1}"], id="nobody"),
        pytest.param([JUDGE, "{set: part, to: verdict.score / 2, when: n > 1}"], id="not always"),
        pytest.param(
            [JUDGE, "{set: part, to: verdict.score / 2}", "{filter: answer, keep: part <= 2}"],
            id="within",
        ),
        pytest.param(
            ["{set: loud, to: '0'}", "{set: answer, to: answer | upper, when: loud == 1}"],
            id="a switch",
        ),
        pytest.param(
            [TOGETHER.replace("of > 3", "of == 3 and verdict.place == 1")], id="the first of three"
        ),
    ],
)
def test_what_is_within_them(tmp_path: Path, vocabulary: Vocabulary, steps: list[str]) -> None:
    assert told(tmp_path, vocabulary, *steps) == []


PAIRWISE = "{judge: answer, given: q, rubric: helpfulness, compare: pairwise%s}"
SAME = "Nothing passes: the rows that `generate answer` makes are all the same, so that none is better."


@pytest.mark.parametrize("how", ["", ", sampling: {temperature: 1}", ", principles: conduct"])
def test_equal_answers_are_no_pair_whatever_a_judge_says(
    tmp_path: Path, vocabulary: Vocabulary, how: str
) -> None:
    steps = (PAIRWISE % how, "{pair: answer, by: verdict.score}")
    differ = "Let them differ: raise its `temperature`, or ask in several ways with `vary`."
    assert told(tmp_path, vocabulary, *steps, temperature=0) == [(SAME, differ)]
    assert told(tmp_path, vocabulary, *steps) == []


def test_equal_answers_tie_where_they_are_compared_pairwise(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    made = "{generate: comment, prompt: 'On {{ answer }}'}"
    steps = (PAIRWISE % "", made, "{pair: comment, by: verdict.score}")
    assert [one for one, _ in told(tmp_path, vocabulary, *steps, temperature=0)] == [SAME]
    chance = (PAIRWISE % ", sampling: {temperature: 1}", *steps[1:])
    assert told(tmp_path, vocabulary, *chance, temperature=0) == []


def test_what_siblings_share_is_no_pair(tmp_path: Path, vocabulary: Vocabulary) -> None:
    steps = ("{judge: answer, given: q, rubric: helpfulness}", "{pair: q, by: verdict.score}")
    what = "Nothing passes: siblings do not differ in `q`, so that none is better."
    assert told(tmp_path, vocabulary, *steps) == [(what, "Name the column in which they do.")]
