"""The recipes in the READMEs of those that documents and tasks of one's own go into are valid."""

import re
from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes


@pytest.mark.parametrize("name", ["domain-qa", "textbook", "translate-and-adapt"])
def test_a_recipe_that_builds_on_it(name: str, tmp_path: Path) -> None:
    text = (shipped_recipes()[name] / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "recipe.yaml").write_text(found, encoding="utf-8")
    read = read_recipe(tmp_path, vocabulary())
    assert read.warnings == ()
    assert read.recipe.models["teacher"].backend == "openai"
