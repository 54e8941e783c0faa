"""Real rows among those that were made: which, how many, where they stand, and what is told."""

from pathlib import Path
from typing import Any

import pytest
from finished import CHAT, FACTS, recipe, row, run_folder, table

from sofrito.export import export
from sofrito.export.mix import drawn, interleaved, wanted
from sofrito.recipe.model_output import Mix

REAL = [{"q": f"RQ{n}", "a": f"RA{n}"} for n in range(10)]
MIX = {"real": "tasks", "share": 0.3}


@pytest.mark.parametrize(
    ("made", "share", "count"), [(70, 0.3, 30), (7, 0.3, 3), (1, 0.5, 1), (0, 0.5, 0), (9, 0.1, 1)]
)
def test_the_share_is_of_all_rows(made: int, share: float, count: int) -> None:
    assert wanted(made, share) == count


def test_more_real_rows_contain_the_fewer_and_none_comes_twice() -> None:
    mix = Mix(real="tasks", share=0.5)
    few, _ = drawn(mix, lambda: iter(REAL), 3, 1)
    many, _ = drawn(mix, lambda: iter(REAL), 6, 1)
    assert {one.id for one in few} < {one.id for one in many}
    assert len({one.id for one in many}) == 6
    assert [one.id for one in many] == sorted(one.id for one in many)
    assert drawn(mix, lambda: iter(REAL), 3, 2) != (few, [])


def test_columns_may_have_other_names_in_the_pool() -> None:
    mix = Mix(real="tasks", share=0.5, columns={"question": "q"})
    (one,), _ = drawn(mix, lambda: iter(REAL[:1]), 1, 1)
    assert one.columns == {"q": "RQ0", "a": "RA0", "question": "RQ0"}
    assert (one.origin, one.story) == (
        "real",
        [{"step": "mix", "kind": "seed", "from": "tasks, row 0"}],
    )


def test_a_pool_that_is_too_small_is_told() -> None:
    found, notes = drawn(Mix(real="tasks", share=0.5), lambda: iter(REAL[:2]), 6, 1)
    assert len(found) == 2
    assert notes == ["mix: `tasks` has 2 of the 6 rows that a share of 0.5 takes: it is 25.0%."]


def test_without_an_order_real_rows_stand_evenly_among_the_others() -> None:
    assert interleaved(6, "ab") == [0, 1, 6, 2, 3, 4, 7, 5]
    assert interleaved(3, "") == [0, 1, 2]
    assert interleaved(0, "ab") == [0, 1]


def mixed(path: Path, **output: Any) -> tuple[Path, Any]:
    run = run_folder(path, [row(n) for n in range(7)])
    return run, export(run, recipe([CHAT], mix=MIX, **output), FACTS, real=lambda: iter(REAL))


def test_formats_splits_and_provenance_have_them(tmp_path: Path) -> None:
    splits = {"train": 0.8, "test": 0.2}
    run, found = mixed(tmp_path, splits=splits)
    assert found.rows == {"messages": {"train": 8, "test": 2}}
    told = table(run / "provenance.parquet")
    assert [one["origin"] for one in told].count("real") == 3
    assert all(one["id"].startswith("tasks.") == (one["origin"] == "real") for one in told)
    asked = [
        one["messages"][0]["content"]
        for split in splits
        for one in table(run / f"dataset/messages/{split}.parquet")
    ]
    assert sorted(asked)[:7] == [f"Q{n}" for n in range(7)]
    assert all(one.startswith("RQ") for one in sorted(asked)[7:])


def test_the_card_tells_made_rows_from_real_ones(tmp_path: Path) -> None:
    run, _ = mixed(tmp_path)
    card = (run / "README.md").read_text(encoding="utf-8")
    assert "Synthetic data: 7 rows of the 20 that were asked for" in card
    assert "With them come 3 real rows of `tasks`, 30.0% of all 10;" in card


def test_the_order_is_of_all_of_them(tmp_path: Path) -> None:
    run, _ = mixed(tmp_path, order={"by": "q"})
    asked = [one["messages"][0]["content"] for one in table(run / "dataset/messages/train.parquet")]
    assert asked == sorted(asked)


def test_a_group_that_real_rows_lack_does_not_bind_them_together(tmp_path: Path) -> None:
    run, _ = mixed(tmp_path, splits={"train": 0.5, "test": 0.5, "group_by": "topic"})
    told = table(run / "provenance.parquet")
    groups = {one["cell"]: set() for one in told if one["origin"] == "synthetic"}
    for one in told:
        if one["origin"] == "synthetic":
            groups[one["cell"]].add(one["split"])
    assert all(len(splits) == 1 for splits in groups.values())
    assert {one["split"] for one in told} == {"train", "test"}


def test_it_is_the_same_to_the_byte_each_time(tmp_path: Path) -> None:
    files = [mixed(tmp_path, order="shuffle")[1].files for _ in range(2)]
    assert files[0] == files[1]
