"""The memory of vectors finds what comparing with each of them finds."""

from collections.abc import Iterator

import pytest

from sofrito.problems import Trouble

np = pytest.importorskip("numpy", reason="numpy is not installed")

from sofrito.steps.nearest import Near, Vectors  # noqa: E402


def unit(*numbers: float) -> bytes:
    row = np.array(numbers, dtype="<f4")
    return (row / np.linalg.norm(row)).astype("<f4").tobytes()


def test_the_nearest_is_told_with_its_place_and_distance() -> None:
    memory = Vectors(0.3)
    assert memory.nearest(unit(1, 0)) is None
    for one in (unit(1, 0), unit(0, 1), unit(3, 4)):
        memory.add(one)
    assert len(memory) == 3
    near = memory.nearest(unit(4, 3))
    assert near is not None
    assert (near.index, round(near.distance, 6)) == (2, 0.04)
    assert memory.nearest(unit(-1, -1)) is None


def test_of_equal_vectors_the_first_is_named_and_the_distance_is_never_negative() -> None:
    memory = Vectors(0.05)
    vectors = [unit(2, 1, 7), unit(2, 1, 7)]
    for one in vectors:
        memory.add(one)
    found = memory.nearest(unit(2, 1, 7))
    assert found is not None
    assert found.index == 0
    assert 0 <= found.distance < 1e-6


def test_the_threshold_itself_is_far_enough() -> None:
    memory = Vectors(0.5)
    memory.add(unit(1, 0, 0, 0))
    half = np.array([0.5, 0.5, 0.5, 0.5], dtype="<f4")  # of length 1, and exact
    assert memory.nearest(half.tobytes()) is None
    assert with_one(0.5000001).nearest(half.tobytes()) == Near(0, 0.5)


def with_one(distance: float) -> Vectors:
    memory = Vectors(distance)
    memory.add(unit(1, 0, 0, 0))
    return memory


def test_vectors_of_another_size_are_trouble() -> None:
    memory = with_one(0.1)
    with pytest.raises(Trouble, match="answers vectors of 2 numbers, and earlier ones had 4"):
        memory.nearest(unit(1, 0))


def stream(number: int, dimensions: int, seed: int) -> Iterator[bytes]:
    """Yield vectors in loose groups, some of them nearly copies of earlier ones."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(12, dimensions))
    made: list[bytes] = []
    for _ in range(number):
        base = centres[rng.integers(12)] + rng.normal(size=dimensions)
        if made and rng.random() < 0.3:
            near = np.frombuffer(made[rng.integers(len(made))], "<f4")
            base = near + rng.normal(size=dimensions) * rng.choice([0.01, 0.02, 0.03])
        made.append(unit(*base))
        yield made[-1]


@pytest.mark.parametrize(
    ("dimensions", "distance"), [(8, 0.02), (48, 0.05), (256, 0.1), (256, 0.6)]
)
def test_it_decides_as_comparing_with_all_does(dimensions: int, distance: float) -> None:
    memory, kept = Vectors(distance), np.empty((0, dimensions))
    found, expected = [], []
    for vector in stream(1500, dimensions, 3):
        near = memory.nearest(vector)
        found.append(near and (near.index, round(near.distance, 9)))
        row = np.frombuffer(vector, "<f4").astype(np.float64)
        cosines = kept @ row
        best = int(cosines.argmax()) if len(kept) else -1
        hit = best >= 0 and 1 - cosines[best] < distance
        expected.append((best, round(max(0.0, 1 - cosines[best]), 9)) if hit else None)
        if not hit:
            kept = np.vstack([kept, row])
        if near is None:
            memory.add(vector)
    assert found == expected
    assert 100 < sum(one is not None for one in found) < 1490
