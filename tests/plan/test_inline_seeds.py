"""Rows that stand in the recipe are as those of a file would be."""

from pathlib import Path

from sofrito.plan.inputs import inputs
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe

RECIPE = """
recipe: inline
seeds:
  asked: {{{rows}, columns: {{question: string, gold: string?}}}}
from: asked
steps:
  - set: text
    to: question ~ (gold or '')
output: {{write: [text]}}
"""
ROWS = ['{"question": "Why?", "gold": "So"}', '{"question": "How?"}']


def test_a_column_that_may_be_null_is_null_where_a_row_lacks_it(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(ROWS), encoding="utf-8")
    found = []
    for number, rows in enumerate((f"rows: [{', '.join(ROWS)}]", "file: rows.jsonl")):
        recipe = tmp_path / f"{number}.yaml"
        recipe.write_text(RECIPE.format(rows=rows), encoding="utf-8")
        given = inputs(read_recipe(recipe, vocabulary(), environ={}))
        assert given.source is not None
        found.append((list(given.source()), given.hashes))
    rows = [{"question": "Why?", "gold": "So"}, {"question": "How?", "gold": None}]
    assert found == [(rows, found[0][1])] * 2
