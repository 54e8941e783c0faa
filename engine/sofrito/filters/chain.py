"""Stands for a named filter chain."""

from typing import ClassVar

from sofrito.filters.base import Filter


class Chain(Filter):
    """All the filters of a chain that the recipe names under `chains`."""

    filter: ClassVar[str] = "chain"
    shorthand: ClassVar[str] = "chain"

    chain: str
    """The chain's name."""

    def chains(self) -> tuple[str, ...]:
        """The chain named."""
        return (self.chain,)
