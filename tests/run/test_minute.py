"""Calls and tokens a minute: never more in any window of 60 seconds."""

import heapq
import math
import random

import pytest

from sofrito.run.minute import Minute, Rate


@pytest.mark.parametrize("seed", range(10))
def test_no_window_of_a_minute_has_more(seed: int) -> None:
    luck = random.Random(seed)
    rate = Rate(calls=luck.choice([3, 40]), tokens=luck.choice([500, 5_000]))
    minute, now = Minute(rate), 0.0
    ends: list[tuple[float, int, int, int]] = []
    sent: list[tuple[float, int]] = []
    settled: list[tuple[float, int]] = []
    while len(sent) < 200:
        tokens = luck.randint(1, 300)
        wait = minute.wait(now, tokens)
        if wait <= 0:
            used = luck.randint(0, tokens)
            reserved = minute.sent(now, tokens)
            heapq.heappush(ends, (now + luck.choice([0.1, 5, 90]), len(sent), reserved, used))
            sent.append((now, used))
            continue
        then = min(now + wait, ends[0][0] if ends else math.inf)
        assert then > now
        now = then
        while ends and ends[0][0] <= now:
            at, _, reserved, used = heapq.heappop(ends)
            minute.ended(at, reserved, used)
            settled.append((at, used))
    for start, _ in sent:
        assert sum(start <= at < start + 59.999 for at, _ in sent) <= (rate.calls or 0)
    for times in (sent, settled):
        for start, _ in times:
            used = sum(tokens for at, tokens in times if start <= at < start + 59.999)
            assert used <= (rate.tokens or 0)


def test_waits_are_as_short_as_they_can_be() -> None:
    minute = Minute(Rate(calls=2))
    minute.sent(10.0, 0)
    minute.sent(15.0, 0)
    assert minute.wait(20.0, 0) == 50.0
    assert minute.wait(70.0, 0) == 0.0


def test_tokens_are_reserved_until_the_end_and_used_for_a_minute_after_it() -> None:
    minute = Minute(Rate(tokens=1_000))
    held = minute.sent(0.0, 900)
    assert (held, minute.wait(1.0, 200)) == (900, math.inf)
    minute.ended(5.0, held, 100)
    assert minute.wait(5.0, 900) == 0.0
    assert minute.wait(5.0, 901) == 60.0


def test_a_call_larger_than_a_minute_goes_by_itself() -> None:
    minute = Minute(Rate(tokens=1_000))
    assert minute.wait(0.0, 5_000) == 0.0
    held = minute.sent(0.0, 5_000)
    assert (held, minute.wait(1.0, 1)) == (1_000, math.inf)
    minute.ended(2.0, held, 700)
    assert minute.wait(2.0, 5_000) == 60.0


def test_without_limits_nothing_waits() -> None:
    minute = Minute(Rate())
    assert minute.sent(0.0, 10**9) == 0
    assert minute.wait(0.0, 10**9) == 0.0


def test_two_limits_of_one_server_are_the_lower_of_each() -> None:
    assert Rate(10, None).and_(Rate(20, 5_000)) == Rate(10, 5_000)
