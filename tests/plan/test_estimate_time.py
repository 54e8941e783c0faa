"""The time of a call, from calls that were timed."""

import pytest

from sofrito.plan.estimate_time import Speed, Timed, speed


def test_two_calls_of_different_lengths_tell_what_is_fixed_and_what_goes_by_tokens() -> None:
    found = speed([Timed(0, 10, 1.5), Timed(0, 110, 6.5)], 4)
    assert found is not None
    assert (found.lanes, found.calls) == (4, 2)
    assert (found.fixed, found.token) == pytest.approx((1.0, 0.05))
    assert found.seconds(0, 40) == pytest.approx(3.0)
    assert found.seconds(200, 40) == pytest.approx(3.5)  # read twenty times as fast


@pytest.mark.parametrize(
    "timed",
    [
        [Timed(0, 50, 2.0), Timed(0, 50, 3.0)],  # one length only
        [Timed(0, 10, 4.0), Timed(0, 90, 1.0)],  # the longer one was faster
        [Timed(0, 10, 0.1), Timed(0, 90, 4.9)],  # a line through less than nothing
    ],
)
def test_what_cannot_be_told_apart_goes_by_the_tokens(timed: list[Timed]) -> None:
    found = speed(timed, 1)
    assert found == Speed(0.0, pytest.approx(0.05), 1, 2)


def test_calls_without_tokens_take_their_time() -> None:
    assert speed([Timed(0, 0, 0.5), Timed(0, 0, 1.5)], 0) == Speed(1.0, 0.0, 1, 2)


def test_nothing_timed_tells_nothing() -> None:
    assert speed([], 3) is None
