from collections.abc import Mapping, Sequence
from typing import Any

from desk import Here, part_of, pooled, row_of

from sofrito.steps.shots import Draw, drawn

POOL = [{"t": f"seed {i}", "even": i % 2 == 0} for i in range(200)]


def here(rows: Sequence[Mapping[str, Any]], grown: Sequence[Mapping[str, Any]] = ()) -> Here:
    return Here({"pool": pooled("pool", rows)}, {"pool": pooled("grown", grown)})


def shots(
    where: Here, *draws: dict[str, Any], key: int = 7, row: Any = None, seed: int = 1
) -> list[str]:
    several = [part_of(Draw, {"from": "pool", **draw}) for draw in draws]
    return [one.values["t"] for one in drawn(several, where, row or row_of(key=key), "step", seed)]


def test_a_draw_is_the_same_for_the_same_row_and_another_for_another() -> None:
    first = shots(here(POOL), {"draw": 6})
    assert len(set(first)) == 6
    assert shots(here(POOL), {"draw": 6}) == first
    assert shots(here(POOL), {"draw": 6}, row=row_of(99, key=7)) == first
    assert shots(here(POOL), {"draw": 6}, key=8) != first


def test_the_order_of_the_pool_does_not_matter() -> None:
    assert shots(here(POOL), {"draw": 6}) == shots(here(POOL[::-1]), {"draw": 6})


def test_draws_hardly_change_with_a_pool_that_changes_a_little() -> None:
    draws = [shots(here(POOL), {"draw": 6}, key=key) for key in range(400)]
    more = here([{"t": "new", "even": True}, *POOL])
    less = here(POOL[1:])
    changed_more = sum(shots(more, {"draw": 6}, key=k) != draws[k] for k in range(400))
    changed_less = sum(shots(less, {"draw": 6}, key=k) != draws[k] for k in range(400))
    # One row of 200 is in 6 of 200 draws: 12 of 400.
    assert 0 < changed_more < 25
    assert 0 < changed_less < 25


def test_every_row_of_the_pool_is_drawn_about_as_often() -> None:
    seen = [t for key in range(1000) for t in shots(here(POOL[:20]), {"draw": 5}, key=key)]
    counts = {t: seen.count(t) for t in set(seen)}
    assert len(counts) == 20
    assert all(190 < count < 310 for count in counts.values())


def test_shots_are_shuffled_together() -> None:
    orders = set()
    for key in range(60):
        found = shots(here(POOL[:3]), {"draw": 2}, {"draw": 1}, key=key)
        orders.add(tuple(found))
    assert len(orders) == 6


def test_only_rows_that_meet_the_condition_are_drawn() -> None:
    assert len(shots(here(POOL), {"draw": 150, "where": "even"})) == 100
    mixed = [{"t": "a"}, {"t": "b", "even": True}, {"t": "c", "even": None}]
    assert shots(here(mixed), {"draw": 3, "where": "even"}) == ["b"]


def test_no_content_is_drawn_twice() -> None:
    twice = [{"t": "a"}, {"t": "b"}, {"t": "a"}]
    assert sorted(shots(here(twice), {"draw": 3})) == ["a", "b"]
    assert sorted(shots(here(POOL[:3]), {"draw": 2}, {"draw": 2})) == ["seed 0", "seed 1", "seed 2"]
    again = here(POOL[:2], [{"t": "seed 0", "even": True}, {"t": "new"}])
    assert sorted(shots(again, {"draw": 2}, {"draw": 2, "grown": True})) == [
        "new",
        "seed 0",
        "seed 1",
    ]


def test_grown_rows_are_drawn_only_where_they_are_asked_for() -> None:
    pool = here(POOL[:2], [{"t": "new 1"}, {"t": "new 2"}])
    assert sorted(shots(pool, {"draw": 9})) == ["seed 0", "seed 1"]
    assert sorted(shots(pool, {"draw": 9, "grown": True})) == ["new 1", "new 2"]
    assert shots(here(POOL), {"draw": 2, "grown": True}) == []


def test_seed_rows_take_the_places_of_grown_ones_that_are_missing() -> None:
    few = here(POOL[:4], [{"t": "new"}])
    found = shots(few, {"draw": 3, "grown": True, "fill": True})
    assert len(found) == 3
    assert "new" in found
    many = here(POOL[:4], [{"t": f"new {i}"} for i in range(3)])
    assert sorted(shots(many, {"draw": 3, "grown": True, "fill": True})) == [
        "new 0",
        "new 1",
        "new 2",
    ]
    both = shots(few, {"draw": 4}, {"draw": 3, "grown": True, "fill": True})
    assert sorted(both) == ["new", "seed 0", "seed 1", "seed 2", "seed 3"]


def test_a_row_is_no_example_for_itself() -> None:
    pool = [{"t": f"seed {i}", "tags": [i]} for i in range(4)]
    own = row_of(t="seed 2", tags=[2], answer="more")
    assert sorted(shots(here(pool), {"draw": 9}, row=own)) == ["seed 0", "seed 1", "seed 3"]
    other = row_of(t="seed 2", tags=[3])
    assert len(shots(here(pool), {"draw": 9}, row=other)) == 4
    for key in range(30):
        row = row_of(key=key, t="seed 2", tags=[2])
        assert len(shots(here(pool), {"draw": 3}, row=row)) == 3


def test_fixed_shots_are_the_same_for_every_row_and_come_first() -> None:
    draws: tuple[dict[str, Any], ...] = ({"draw": 2}, {"draw": 4, "fixed": True})
    several = [shots(here(POOL), *draws, key=key) for key in range(20)]
    assert len({tuple(found[:4]) for found in several}) == 1
    assert len({tuple(found[4:]) for found in several}) > 15
    assert all(len(set(found)) == 6 for found in several)
    assert shots(here(POOL), *draws, seed=2)[:4] != several[0][:4]
