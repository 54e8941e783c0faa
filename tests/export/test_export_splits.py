"""Rows are divided by exact shares, groups stay whole, and nothing but rows and seed decides."""

from array import array
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.export.splits import Splits, largest_remainder, ordered, shares_of


def divided(groups: list[object], shares: dict[str, float], seed: int = 7) -> list[str]:
    splits = Splits(shares, seed)
    for group in groups:
        splits.count(group)
    splits.divide()
    return [splits.of(group) for group in groups]


IDS = [f"{n}.0" for n in range(1000)]
SHARES = {"train": 0.9, "validation": 0.05, "test": 0.05}


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (12, [0.95, 0.05], [11, 1]),
        (8, [0.95, 0.05], [8, 0]),
        (10, [0.5, 0.5], [5, 5]),
        (11, [0.5, 0.5], [6, 5]),
        (10, [1, 1, 1], [4, 3, 3]),
        (1000, [0.7, 0.2, 0.1], [700, 200, 100]),
        (0, [0.9, 0.1], [0, 0]),
        (3, [1], [3]),
    ],
)
def test_the_largest_remainder_gets_what_is_left(
    total: int, shares: list[float], parts: list[int]
) -> None:
    assert largest_remainder(total, shares) == parts


def test_no_splits_are_one_split() -> None:
    assert shares_of({}) == {"train": 1}
    assert shares_of({"group_by": "topic"}) == {"train": 1}
    assert shares_of({"a": 0.5, "group_by": "topic", "b": 0.5}) == {"a": 0.5, "b": 0.5}
    assert divided(["x", "y"], {"all": 1}) == ["all", "all"]


def test_shares_of_rows_are_exact() -> None:
    assert Counter(divided(IDS, SHARES)) == {"train": 900, "validation": 50, "test": 50}


def test_the_seed_decides_and_the_order_does_not() -> None:
    one = dict(zip(IDS, divided(IDS, SHARES), strict=True))
    backwards = dict(zip(IDS[::-1], divided(IDS[::-1], SHARES), strict=True))
    assert one == backwards
    assert one != dict(zip(IDS, divided(IDS, SHARES, seed=8), strict=True))


def test_the_assignment_is_the_same_in_every_release() -> None:
    found = divided(list(range(12)), {"train": 0.75, "test": 0.25}, seed=42)
    assert [n for n, split in enumerate(found) if split == "test"] == [2, 6, 11]


def test_groups_stay_whole_and_shares_are_met() -> None:
    groups = [f"topic {n % 20}" for n in range(1000)]
    found = divided(groups, SHARES)
    owners = {(group, split) for group, split in zip(groups, found, strict=True)}
    assert len(owners) == 20
    assert Counter(found) == {"train": 900, "validation": 50, "test": 50}


@pytest.mark.parametrize(
    ("sizes", "test_rows"),
    [
        ([50, 30, 20], 20),
        ([80, 18, 2], 20),
        ([50, 50], 0),  # neither is nearer to 20 than nothing
        ([60, 35, 5], 5),  # 5 fits, and 35 more would be farther from 20
        ([70, 30], 30),
    ],
)
def test_a_split_comes_as_near_as_whole_groups_allow(sizes: list[int], test_rows: int) -> None:
    groups = [name for name, size in enumerate(sizes) for _ in range(size)]
    assert divided(groups, {"train": 0.8, "test": 0.2}).count("test") == test_rows


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ([70, 16, 14], []),  # 16 of the 20, which is near enough
        ([70, 15, 15], ["`test` has 15 rows, and its share is 20"]),
        ([71, 29], ["`test` has 29 rows, and its share is 20"]),
        (
            [100],
            ["`train` has 100 rows, and its share is 80; `test` has 0 rows, and its share is 20"],
        ),
        ([1] * 100, []),
    ],
)
def test_a_split_that_misses_its_share_by_much_is_told(sizes: list[int], note: list[str]) -> None:
    splits = Splits({"train": 0.8, "test": 0.2}, 7)
    for name, size in enumerate(sizes):
        for _ in range(size):
            splits.count(name)
    splits.divide()
    why = f": equal values of `topic` stay together, and the largest group has {max(sizes)} of all"
    assert splits.notes("topic") == [f"splits: {one}{why} 100 rows." for one in note]


@given(
    st.lists(st.integers(1, 40), max_size=30),
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
    st.integers(0, 2**70),
)
def test_no_split_misses_by_more_than_half_a_group_left(
    sizes: list[int], weights: list[int], seed: int
) -> None:
    groups = [name for name, size in enumerate(sizes) for _ in range(size)]
    shares = {f"s{n}": float(weight) for n, weight in enumerate(weights)}
    targets = largest_remainder(len(groups), list(shares.values()))
    found = divided(groups, shares, seed)
    counts = Counter(found)
    rest = max(range(len(targets)), key=lambda split: (targets[split], -split))
    left = {group for group, split in zip(groups, found, strict=True) if split == f"s{rest}"}
    slack = min((sizes[group] for group in left), default=0) / 2
    for split, target in enumerate(targets):
        if split != rest and left:
            assert abs(counts[f"s{split}"] - target) <= slack
    assert sum(counts.values()) == len(groups)


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(0, 9))
def test_rows_that_are_their_own_groups_have_exact_shares(ids: list[int], seed: int) -> None:
    names = list(map(str, ids))
    counts = Counter(divided(names, {"a": 0.6, "b": 0.3, "c": 0.1}, seed))
    assert [counts[name] for name in "abc"] == largest_remainder(len(ids), [0.6, 0.3, 0.1])


@pytest.mark.parametrize("group", [None, "", "é", 1, 1.5, True, ["a", 1], {"b": 1, "a": None}])
def test_any_value_is_a_group(group: object) -> None:
    found = divided([group] * 3 + ["other"] * 7, {"train": 0.7, "test": 0.3})
    assert found == ["test"] * 3 + ["train"] * 7


@pytest.mark.parametrize(
    ("one", "other", "splits"),
    [
        (1, 1.0, 1),
        (0, -0.0, 1),
        (10**16, 1e16, 1),
        (-(2**63), -(2.0**63), 1),
        (2**63, 2.0**63, 1),
        ([1, {"a": 2}], [1.0, {"a": 2.0}], 1),
        (1, True, 2),
        (1, "1", 2),
        (1, 1.5, 2),
        (2.0**64, 2.0**65, 2),
    ],
)
def test_equal_numbers_are_one_group(one: object, other: object, splits: int) -> None:
    assert len({*divided([one, other] * 5, {"a": 0.5, "b": 0.5})}) == splits


def test_there_may_be_more_splits_than_a_byte_counts() -> None:
    names = [f"s{n}" for n in range(300)]
    found = Counter(divided(list(range(600)), dict.fromkeys(names, 1.0)))
    assert found == dict.fromkeys(names, 2)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9)))
def test_numbers_are_sorted(numbers: list[int]) -> None:
    assert list(ordered(array("Q", numbers))) == sorted(numbers)
