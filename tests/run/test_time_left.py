"""How long a run has still to go, as it is told while it runs."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from sofrito.run.ledger import Ledger
from sofrito.run.progress import Watch
from sofrito.run.totals import Totals


@dataclass
class Moment:
    """An engine as a watch sees it: rows wanted and accepted, calls asked and in flight."""

    rows: int | None = 100
    accepted: int = 0
    settled: int = 0
    asked: int = 0
    inflight: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger(["generate a"]))

    @property
    def program(self) -> Any:
        return SimpleNamespace(rows=self.rows)

    @property
    def calls(self) -> Any:
        return SimpleNamespace(
            totals=Totals(asked=self.asked),
            inflight=self.inflight,
            retrying="",
            notices=list,
        )

    def at(self, **changes: int) -> "Moment":
        vars(self).update(changes)
        return self


def watched(moment: Moment) -> Watch:
    return Watch(moment, 0.0)  # type: ignore[arg-type]


def test_it_is_told_by_the_pace_since_the_first_call_what_is_in_flight_counting_half() -> None:
    moment = Moment()
    watch = watched(moment)
    assert watch.progress(10.0).left is None  # nothing asked yet
    moment.at(asked=10, inflight=10)
    assert watch.progress(20.0).left is None  # the pace is counted from here
    moment.at(asked=30, inflight=10, accepted=20)
    # 20 rows of 20 answers in 10 s; of the 10 in flight 5 rows are as good as there: 75 of 25 in 10 s
    assert watch.progress(30.0).left == pytest.approx(30.0)


def test_it_runs_down_between_answers_and_nothing_is_told_below_half_a_call() -> None:
    moment = Moment()
    watch = watched(moment)
    moment.at(asked=1, inflight=1)
    watch.progress(0.0)
    moment.at(asked=11, inflight=1, accepted=10)
    assert watch.progress(10.0).left == pytest.approx(89.5 * 10 / 10.5)
    assert watch.progress(20.0).left == pytest.approx(89.5 * 10 / 10.5 - 10)
    assert watch.progress(1000.0).left is None
    moment.at(asked=31, inflight=1, accepted=30)
    assert watch.progress(1000.0).left == pytest.approx(69.5 * 1000 / 30.5)


def test_few_rows_tell_no_pace() -> None:
    moment = Moment()
    watch = watched(moment)
    moment.at(asked=4, inflight=4)
    watch.progress(0.0)
    moment.at(asked=24, inflight=4, accepted=4)
    assert watch.progress(60.0).left is None
    moment.at(asked=29, inflight=4, accepted=5)
    assert watch.progress(75.0).left == pytest.approx((95 - 0.4) * 75 / 5.4)


def test_the_last_rows_hang_on_the_calls_in_flight() -> None:
    moment = Moment()
    watch = watched(moment)
    moment.at(asked=10, inflight=10)
    watch.progress(0.0)
    moment.at(asked=90, inflight=10, accepted=80)
    assert watch.progress(800.0).left == pytest.approx(15 * 800 / 85)
    moment.at(asked=104, inflight=10, accepted=94)
    assert watch.progress(940.0).left is None  # 1 row but for luck, and a call takes 100 s


def test_rows_of_answers_that_were_there_tell_no_pace() -> None:
    moment = Moment(accepted=60)
    watch = watched(moment)
    moment.at(asked=4, inflight=4)
    assert watch.progress(5.0).left is None
    moment.at(asked=14, inflight=4)
    assert watch.progress(15.0).left is None  # no row was made yet
    moment.at(asked=24, inflight=4, accepted=80)
    assert watch.progress(25.0).left == pytest.approx(18 * 20 / 22)


def test_it_waits_until_as_many_are_answered_as_are_in_flight() -> None:
    moment = Moment()
    watch = watched(moment)
    moment.at(asked=32, inflight=32)
    watch.progress(0.0)
    moment.at(asked=40, inflight=32, accepted=8)
    assert watch.progress(4.0).left is None
    moment.at(asked=64, inflight=32, accepted=32)
    assert watch.progress(8.0).left == pytest.approx((100 - 32 - 16) * 8 / 48)


def test_without_a_number_of_rows_nothing_is_told() -> None:
    moment = Moment(rows=None)
    watch = watched(moment)
    moment.at(asked=1, inflight=1)
    watch.progress(0.0)
    assert watch.progress(1.0).left is None
    assert watched(moment.at(asked=9, inflight=1, accepted=8)).progress(9.0).left is None
