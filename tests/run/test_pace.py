"""How many calls are in flight, against model servers that have a bound, slow down, or change."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sofrito.run.pace import Fixed, Pace

Seconds = Callable[[int, float], float]


@dataclass
class Told:
    """What a server saw: calls in flight at each answer, refusals, and answers a second."""

    inflight: list[int]
    refused: int
    rate: float


def asked(
    pace: Pace,
    seconds: Seconds,
    *,
    room: int = 10**9,
    answers: int = 5_000,
    read: Callable[[float], int] = lambda _: 100,
) -> Told:
    """Keep a server as busy as the pace allows; ``seconds`` of a call follow from load and time."""
    now, count, refused = 0.0, 0, 0
    ends: list[tuple[float, int, object, bool]] = []
    told: list[int] = []
    number = busy = 0
    while count < answers:
        while pace.inflight < pace.most:
            number += 1
            full = busy >= room
            busy += not full
            ticket = pace.sent(now)
            took = 0.01 if full else seconds(busy, now)
            heapq.heappush(ends, (now + took, number, ticket, full))
        now, _, ticket, full = heapq.heappop(ends)
        if full:
            refused += 1
            pace.refused(ticket)  # type: ignore[arg-type]
        else:
            count += 1
            busy -= 1
            pace.answered(ticket, now, read(now), 50)  # type: ignore[arg-type]
            told.append(busy + 1)
    return Told(told, refused, answers / now)


def batching(free: int) -> Seconds:
    """A server that works on so many calls at once without getting slower, and queues the rest."""
    return lambda load, _: 1.0 * max(1.0, load / free)


def test_a_server_without_a_bound_gets_the_ceiling_in_few_round_trips() -> None:
    told = asked(Pace(256), lambda *_: 1.0)
    assert max(told.inflight) == 256
    # at 256 in flight, 5,000 answers take 19.5 s; starting at 8, doubling five times costs five more
    assert told.rate > 5_000 / 26


def test_refusals_find_the_bound_and_stay_near_it() -> None:
    told = asked(Pace(512), lambda *_: 1.0, room=100)
    later = told.inflight[2_000:]
    assert min(later) > 40
    assert max(told.inflight) <= 100
    assert told.refused < 250
    assert told.rate > 0.7 * 100


def test_calls_sent_before_a_decrease_are_no_reason_for_another() -> None:
    pace = Pace(512, first=64)
    tickets = [pace.sent(0.0) for _ in range(64)]
    for ticket in tickets[32:]:
        pace.refused(ticket)
    assert pace.most == 16  # half of the 33 in flight when the first refused call was sent
    assert pace.inflight == 32
    assert pace.said == "server busy: 16 in flight"


def test_a_server_that_only_queues_is_not_flooded() -> None:
    """Where more in flight gives no more answers, it stays within a few times what is of use."""
    told = asked(Pace(512), batching(20))
    later = told.inflight[1_000:]
    assert max(later) <= 80
    assert told.rate > 0.9 * 20


@pytest.mark.parametrize("times", [3, 10])
def test_prompts_that_get_longer_are_not_a_server_in_trouble(times: int) -> None:
    """After 30 s each call takes many times as long, whatever the load, by work unseen in tokens."""
    pace = Pace(64)
    told = asked(pace, lambda _, now: 1.0 if now < 30 else float(times), answers=6_000)
    assert max(told.inflight) == 64
    assert pace.most > 55
    assert sum(told.inflight[3_000:]) / 3_000 > 50


def test_what_is_not_used_does_not_grow() -> None:
    pace = Pace(512)
    for now in range(1_000):
        pace.answered(pace.sent(now), now + 0.5, 10, 10)
    assert pace.most == 8


def test_it_recovers_once_the_server_has_room_again() -> None:
    pace = Pace(128)
    asked(pace, lambda *_: 1.0, room=10, answers=500)
    assert pace.most < 20
    asked(pace, lambda *_: 1.0, answers=8_000)
    assert pace.most == 128
    assert pace.said == ""


def test_a_ceiling_of_one_works() -> None:
    pace = Pace(1)
    told = asked(pace, lambda *_: 1.0, answers=50)
    assert (max(told.inflight), pace.most) == (1, 1)
    pace.refused(pace.sent(99.0))
    assert pace.most == 1


def test_a_teacher_that_knows_its_number_keeps_it() -> None:
    limit = Fixed(4)
    ticket = limit.sent(0.0)
    limit.refused(ticket)
    assert (limit.most, limit.inflight, limit.said) == (4, 0, "")


@pytest.mark.parametrize(("first", "room"), [(8, 1), (32, 1), (8, 20)])
def test_a_number_that_is_refused_is_tried_again_rarely(first: int, room: int) -> None:
    pace = Pace(512, first=first)
    told = asked(pace, lambda *_: 1.0, room=room, answers=3_000)
    assert told.refused < first + 80
    assert told.rate > 0.9 * room


@pytest.mark.parametrize("free", [1, 16])
def test_calls_that_only_queue_are_taken_back(free: int) -> None:
    told = asked(Pace(512), batching(free), answers=4_000)
    later = told.inflight[2_000:]
    assert sum(later) / len(later) < 2 * free + 4
    assert told.rate > 0.95 * free


def test_after_a_storm_it_doubles_back_to_where_it_was() -> None:
    pace = Pace(512)
    asked(pace, lambda *_: 1.0, answers=20_000)
    while pace.inflight:
        pace.failed()
    for _ in range(30):
        tickets = [pace.sent(0.0) for _ in range(pace.most)]
        for ticket in reversed(tickets):
            pace.refused(ticket)
    assert pace.most == 1
    told = asked(pace, lambda *_: 1.0, answers=8_000)
    assert max(told.inflight) == 512
    assert told.rate > 8_000 / 50  # 16 s at one, nine doublings, then 358 to 512 by small steps
