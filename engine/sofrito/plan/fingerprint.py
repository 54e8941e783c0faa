"""What makes a dataset another dataset: a hash of the recipe and of every file it uses."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import xxhash

from sofrito.recipe.model import Recipe
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.steps.work import Pooled

# The version of the rules by which a run turns answers into rows.
RULES = 1

# What cannot change a row. Title, description, licence and tags are words about the recipe; the
# budget only says when to stop, and what is there by then is the beginning of the same dataset;
# `output` says how rows are written, not which.
LEFT_OUT = ("title", "description", "license", "tags", "budget", "output")

# Of a model: where it is reached and how fast, not what it is. Its identity is in every call's key.
MODEL_LEFT_OUT = ("base_url", "api_key", "concurrency", "threads", "timeout")


def fingerprint(
    recipe: Recipe,
    sources: TemplateSources,
    pools: Mapping[str, Sequence[Pooled]],
    axes: Mapping[str, Mapping[str, float]],
) -> str:
    """Return 16 hex digits that name the run of this recipe with these files."""
    data: dict[str, Any] = recipe.model_dump(mode="json", by_alias=True, exclude=set(LEFT_OUT))
    data["steps"] = [_step(step) for step in recipe.steps]
    data["chains"] = {name: [_step(c) for c in chain] for name, chain in recipe.chains.items()}
    data["models"] = {
        name: model.model_dump(mode="json", exclude=set(MODEL_LEFT_OUT))
        for name, model in recipe.models.items()
    }
    templates = {
        template: sources.text(template)
        for step in recipe.steps
        for template in step.templates().values()
        if is_file(template)
    }
    hashes = {
        name: xxhash.xxh3_128_hexdigest(b"".join(row.hash for row in rows))
        for name, rows in pools.items()
    }
    parts = [RULES, data, templates, hashes, axes]
    return xxhash.xxh3_64_hexdigest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def _step(part: Any) -> dict[str, Any]:
    data: dict[str, Any] = part.model_dump(mode="json", by_alias=True)
    if "by" in data:
        data["by"] = [[type(check).__name__, _step(check)] for check in part.by]
    return data
