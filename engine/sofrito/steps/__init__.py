"""Verbs: what happens to a row; one class, one file each."""

from sofrito.steps.base import Step
from sofrito.steps.dedup import Dedup
from sofrito.steps.filter import Filter
from sofrito.steps.generate import Generate
from sofrito.steps.grow import Grow
from sofrito.steps.set import Set

VERBS: dict[str, type[Step]] = {cls.verb: cls for cls in (Generate, Set, Filter, Dedup, Grow)}

__all__ = ["VERBS", "Step"]
