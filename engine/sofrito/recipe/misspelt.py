"""Keys of a recipe that are misspelt: what they hold is checked as if they were spelt right."""

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any

from sofrito.problems import Problem
from sofrito.recipe.overrides import KEYS
from sofrito.recipe.places import Found, Places, Problems
from sofrito.recipe.schema_layers import whole
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.structure_names import NOBODY, Entries, unknown_key
from sofrito.recipe.structure_values import check_type
from sofrito.recipe.synonyms import KEYS as SYNONYMS
from sofrito.recipe.words import described

_NEAR = 0.75
"""How alike a key and the one that it is taken for are at least: `axis` and `axes`."""


def as_meant(places: Places, schema: Callable[[], Schema]) -> tuple[Places, list[Found]]:
    """Return a recipe's data with those keys spelt right that can only mean another, and these as problems.

    Such a key is none of a recipe's, the one that it is like is not there, and its value is of
    that one's type. ``schema`` is asked for the recipe's schema only where there is one.
    """
    data = places.data
    odd = [key for key in data if key not in KEYS]
    told: list[Found] = []
    if odd:
        entries = Entries(whole(schema()))
        for key in odd:
            places = _unknown(places, key, entries, told)
    if _pools(data.get("seed")) and "seeds" not in places.data:
        what = f"`seed` must be a whole number, not {described(data['seed'])}."
        where = places.key_span(("seed",))
        told.append(Found(("seed",), Problem("SOF103", where, what, "Did you mean `seeds`?")))
        places = _renamed(places, "seed", "seeds")
    return places, told


def _unknown(places: Places, key: str, entries: Entries, told: list[Found]) -> Places:
    properties = entries.root["properties"]
    found = unknown_key(entries, key, properties, (), NOBODY)
    if not found.meant or found.meant in places.data or not _like(key, found.meant):
        return places
    wanted = properties[found.meant]
    wanted = entries.defs.get(wanted.get("$ref", "").removeprefix("#/$defs/"), wanted)
    if not check_type(Problems(places), places.data[key], wanted, (key,)):
        return places
    where = places.key_span((key,))
    told.append(Found((key,), Problem("SOF101", where, found.what, found.fix)))
    return _renamed(places, key, found.meant)


def _like(key: str, meant: str) -> bool:
    alike = SequenceMatcher(None, key.casefold(), meant).ratio() >= _NEAR
    return alike or SYNONYMS.get(key.casefold()) == meant


def _pools(value: Any) -> bool:
    """Say whether a value is that of pools: a mapping of mappings."""
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())


def _renamed(places: Places, key: str, meant: str) -> Places:
    """Return the data with a key by another name, everything in its own place."""
    data = {meant if one == key else one: value for one, value in places.data.items()}
    moved: Mapping[Any, Any] = {
        (meant, *path[1:]) if path[:1] == (key,) else path: origin
        for path, origin in {(key,): places.written((key,)), **places.origins}.items()
    }
    return Places(places.document, data, moved, bases=places.bases, removed=places.removed)
