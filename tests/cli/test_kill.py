"""A kill -9 at any moment costs nothing but the calls in flight."""

import random
from pathlib import Path

import pytest
from runs import SCRIPTED, VERBS, digests, journaled, kill_at, only_run, sofrito

KILLS = 5


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("text", "trials", "least", "surplus"),
    [
        pytest.param(SCRIPTED, 6, 1000, 8 * KILLS, id="a pool that grows"),
        pytest.param(VERBS, 2, 200, 0, id="siblings made and closed, judged and verified"),
    ],
)
def test_kills_change_no_byte_and_ask_nothing_twice(
    tmp_path: Path, text: str, trials: int, least: int, surplus: int
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text, encoding="utf-8")
    calm = tmp_path / "calm"
    done = sofrito("run", recipe, "--out", calm, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    reference = digests(only_run(calm))
    total, asked = journaled(calm)
    assert total == asked > least

    luck, kills = random.Random(7), 0
    for trial in range(trials):
        workspace = tmp_path / f"trial {trial}"
        run = ("run", recipe, "--out", workspace, "--quiet")
        for moment in sorted(luck.sample(range(total), KILLS)):
            kills += kill_at(moment, workspace, run)
            held, asked = journaled(workspace)
            assert held == asked
        done = sofrito(*run)
        assert (done.returncode, done.stderr) == (0, "")
        assert digests(only_run(workspace)) == reference
        held, asked = journaled(workspace)
        assert held == asked <= total + surplus
    assert kills >= trials * KILLS - 3
