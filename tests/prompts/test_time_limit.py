import time
from contextlib import suppress

import pytest

from sofrito.prompts.time_limit import OutOfTime, time_limit


def test_what_never_ends_is_ended() -> None:
    with pytest.raises(OutOfTime), time_limit(0.05):
        endless()


def endless() -> None:
    """Go on whatever happens, as code that catches all exceptions does."""
    while True:
        with suppress(Exception):
            sum(range(1000))


def test_what_ends_in_time_is_left_alone() -> None:
    with time_limit(0.05):
        done = True
    time.sleep(0.1)  # the alarm was taken back
    assert done
