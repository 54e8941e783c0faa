"""Filters: what a row must be to stay; one class, one file each."""

from sofrito.filters.base import Filter
from sofrito.recipe.classes import Classes

FILTERS: Classes[Filter] = Classes(
    "sofrito.filters",
    {
        "length": "length:Length",
        "words": "words:Words",
        "pattern": "pattern:Pattern",
        "unique": "unique:Unique",
        "first": "first:First",
        "consistent": "consistent:Consistent",
        "novelty": "novelty:Novelty",
        "contamination": "contamination:Contamination",
        "language": "language:Language",
        "perplexity": "perplexity:Perplexity",
        "ifd": "ifd:Ifd",
        "gain": "gain:Gain",
        "refusal": "refusal:Refusal",
        "contentless": "contentless:Contentless",
        "echo": "echo:Echo",
        "vocabulary": "vocabulary:Vocabulary",
        "chain": "chain:Chain",
    },
)

__all__ = ["FILTERS", "Filter"]
