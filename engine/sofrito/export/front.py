"""The head of a dataset card, which the Hugging Face hub and `load_dataset` read."""

from collections.abc import Iterator, Sequence

from sofrito.export.folder import DATASET
from sofrito.export.part import Part
from sofrito.recipe.model import Recipe
from sofrito.recipe.quoted import quoted

# The hub's names of licences, where they are not the SPDX identifier in lower case.
_OTHER_NAMES = {
    "odc-by-1.0": "odc-by",
    "odbl-1.0": "odbl",
    "gpl-3.0-only": "gpl-3.0",
    "gpl-3.0-or-later": "gpl-3.0",
    "agpl-3.0-only": "agpl-3.0",
    "agpl-3.0-or-later": "agpl-3.0",
}
_KNOWN = frozenset(_OTHER_NAMES.values()) | {
    "apache-2.0",
    "mit",
    "bsd-2-clause",
    "bsd-3-clause",
    "isc",
    "unlicense",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-4.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "cdla-sharing-1.0",
}
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)


def front_matter(recipe: Recipe, rows: int, parts: Sequence[Part]) -> str:
    """Return the head between its two lines of dashes: what the dataset is, and its files."""
    size = next((name for limit, name in _SIZES if rows < limit), "n>1B")
    lines = [
        "---",
        f"pretty_name: {_text(recipe.title or recipe.recipe)}",
        *_license(recipe.license),
        "tags:",
        *(f"- {_text(tag)}" for tag in dict.fromkeys((*recipe.tags, "synthetic", "sofrito"))),
        "size_categories:",
        f"- {_text(size)}",
        *_configs(recipe, parts),
        "---",
    ]
    return "\n".join(lines) + "\n"


def _license(spdx: str) -> list[str]:
    name = _OTHER_NAMES.get(spdx.lower(), spdx.lower())
    if not spdx:
        return []
    if name in _KNOWN:
        return [f"license: {_text(name)}"]
    return ['license: "other"', f"license_name: {_text(spdx)}"]


def _configs(recipe: Recipe, parts: Sequence[Part]) -> Iterator[str]:
    """Yield the formats with their files; on a split without rows the loader would fail."""
    kind = "parquet" if "parquet" in recipe.output.files else "jsonl"
    filled = [part for part in parts if any(part.rows.values())]
    if filled:
        yield "configs:"
    for part in filled:
        yield f"- config_name: {_text(part.name)}"
        yield "  data_files:"
        for split in (split for split, rows in part.rows.items() if rows):
            yield f"  - split: {_text(split)}"
            yield f"    path: {_text(f'{DATASET}/{part.name}/{split}.{kind}')}"


def _text(value: str) -> str:
    """Return a YAML scalar that YAML 1.1 and 1.2 alike read as this text."""
    return quoted(" ".join(value.split()))
