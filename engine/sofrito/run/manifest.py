"""The manifest: what was run, how it ended, what came of it."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from sofrito import __version__
from sofrito.recipe.plugins import loaded
from sofrito.run.cost import ModelCost
from sofrito.run.prices import PRICES, table
from sofrito.run.totals import Totals

MANIFEST = "manifest.json"
_PACKAGES = ("llama-cpp-python", "aiohttp", "jinja2", "pydantic", "rapidfuzz", "xxhash")


@dataclass(frozen=True)
class Manifest:
    """A finished or stopped run; ``seconds`` and ``calls`` are of the last session, ``spent`` of all."""

    recipe: str
    title: str
    fingerprint: str
    status: str
    reason: str
    seed: int
    rows: int
    wanted: int | None
    models: Mapping[str, Mapping[str, Any]]
    accounting: Sequence[Mapping[str, Any]]
    short_cells: Mapping[str, int]
    calls: Mapping[str, int]
    seconds: float
    cost: Mapping[str, Any]
    spent: Mapping[str, int]
    extends: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Put the manifest in its folder, whole."""
        data = {"sofrito": __version__, "python": platform.python_version(), "packages": versions()}
        data |= vars(self)
        partial = folder / f".{MANIFEST}.partial"
        partial.write_bytes(
            orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        partial.replace(folder / MANIFEST)


def calls_of(totals: Totals) -> dict[str, int]:
    """Return a session's calls as the manifest tells them."""
    return {
        "asked": totals.asked,
        "checks": totals.checks,
        "replayed": totals.hits,
        "tries": totals.tries,
        "prompt_tokens": totals.prompt_tokens,
        "completion_tokens": totals.completion_tokens,
    }


def cost_of(costs: Sequence[ModelCost]) -> dict[str, Any]:
    """Return what all sessions cost, as the manifest tells it; ``usd`` is null where it is not known."""
    told = {
        cost.model or "earlier": {
            "usd": None if cost.unpriced else _rounded(cost.usd),
            "known_usd": _rounded(cost.usd),
            "unpriced_answers": cost.unpriced,
            "price": cost.price,
        }
        for cost in costs
    }
    known = _rounded(sum(cost.usd for cost in costs))
    unknown = any(cost.unpriced for cost in costs)
    used = any(cost.price.startswith(PRICES) for cost in costs)
    prices = table() if used else ""
    return {
        "usd": None if unknown else known,
        "known_usd": known,
        "models": told,
        "prices": prices,
    }


def _rounded(usd: float) -> float:
    return round(usd, 9)


def versions() -> dict[str, str]:
    """Return the versions of the packages that made the rows, of those installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {plugin.package: plugin.version for plugin in loaded()}
