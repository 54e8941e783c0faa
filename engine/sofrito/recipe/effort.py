"""What one evaluation may cost, counted in steps, so that it is the same on every machine."""

import threading

from jinja2 import TemplateRuntimeError

MOST = 10_000_000
"""Steps of one expression or one rendered template: characters and items made or looked at."""


class TooMuchWork(TemplateRuntimeError):
    """An expression or template would take more steps than it may."""

    def __init__(self) -> None:
        super().__init__(f"it takes more than {MOST:,} steps")


class _Meter(threading.local):
    left = MOST


_meter = _Meter()


def begin() -> None:
    """Start to count anew: an expression is about to be compiled or evaluated."""
    _meter.left = MOST


def spend(steps: int) -> None:
    """Count steps that are about to be taken; raises TooMuchWork where too many are."""
    left = _meter.left = _meter.left - steps
    if left < 0:
        raise TooMuchWork
