"""Seeds that are written in the recipe itself."""

from collections.abc import Iterator

from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.places import Places
from sofrito.recipe.seed_columns import Misfit, fitted
from sofrito.recipe.seed_rows import SeedRow


def inline_rows(name: str, seeds: Seeds, places: Places) -> Iterator[SeedRow | Misfit]:
    """Yield the rows of a pool as if they stood in a .jsonl file: with their columns as declared."""
    for index, values in enumerate(seeds.rows):
        row = SeedRow(dict(values), places.span(("seeds", name, "rows", index)))
        yield fitted(row, seeds.columns, from_text=False)
