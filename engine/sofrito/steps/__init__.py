"""Verbs: what happens to a row; one class, one file each."""

from sofrito.steps.base import Step
from sofrito.steps.collect import Collect
from sofrito.steps.dedup import Dedup
from sofrito.steps.explode import Explode
from sofrito.steps.filter import Filter
from sofrito.steps.generate import Generate
from sofrito.steps.grow import Grow
from sofrito.steps.pair import Pair
from sofrito.steps.set import Set
from sofrito.steps.vote import Vote

_BUILT_IN: tuple[type[Step], ...] = (
    Generate,
    Set,
    Vote,
    Filter,
    Dedup,
    Explode,
    Collect,
    Pair,
    Grow,
)
VERBS: dict[str, type[Step]] = {cls.verb: cls for cls in _BUILT_IN}

__all__ = ["VERBS", "Step"]
