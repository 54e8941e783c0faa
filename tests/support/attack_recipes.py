"""Reads hostile recipes as `validate` does, one after the other, and says what it finds, as JSON.

Run with a folder of recipe folders.
"""

import json
import sys
from pathlib import Path

from peak_memory import peak

from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe


def found(folder: Path) -> list[str]:
    try:
        problems = read_recipe(folder / "recipe.yaml", vocabulary(), environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [f"{one.code} {one.severity}: {one.what}" for one in problems]


def main() -> None:
    words = {folder.name: found(folder) for folder in sorted(Path(sys.argv[1]).iterdir())}
    print(json.dumps({"words": words, "kilobytes": peak()}))


if __name__ == "__main__":
    main()
