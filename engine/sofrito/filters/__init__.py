"""Filters: what a row must be to stay; one class, one file each."""

from sofrito.filters.base import Filter
from sofrito.filters.chain import Chain
from sofrito.filters.consistent import Consistent
from sofrito.filters.first import First
from sofrito.filters.ifd import Ifd
from sofrito.filters.length import Length
from sofrito.filters.novelty import Novelty
from sofrito.filters.pattern import Pattern
from sofrito.filters.perplexity import Perplexity
from sofrito.filters.unique import Unique
from sofrito.filters.words import Words

_BUILT_IN: tuple[type[Filter], ...] = (
    Length,
    Words,
    Pattern,
    Unique,
    First,
    Consistent,
    Novelty,
    Perplexity,
    Ifd,
    Chain,
)
FILTERS: dict[str, type[Filter]] = {cls.filter: cls for cls in _BUILT_IN}

__all__ = ["FILTERS", "Filter"]
