"""A kill -9 at any moment costs nothing but the calls in flight."""

import random
from pathlib import Path

import pytest
from runs import SCRIPTED, digests, journaled, kill_at, only_run, sofrito

TRIALS, KILLS = 6, 5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_kills_change_no_byte_and_ask_nothing_twice(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(SCRIPTED, encoding="utf-8")
    calm = tmp_path / "calm"
    done = sofrito("run", recipe, "--out", calm, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    reference = digests(only_run(calm))
    total, asked = journaled(calm)
    assert total == asked > 1000

    luck, kills = random.Random(7), 0
    for trial in range(TRIALS):
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
        assert held == asked <= total + 8 * KILLS
    assert kills >= TRIALS * KILLS - 3
