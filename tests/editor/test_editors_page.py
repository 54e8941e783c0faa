"""What the page about editors shows is true."""

import json
import re
from pathlib import Path

from runs import sofrito

from sofrito.cli.schema import SCHEMAS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")


def test_it_names_every_schema() -> None:
    table = PAGE.partition("## Schemas of the other files")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(SCHEMAS)


def test_its_command_prints_the_published_schema(tmp_path: Path) -> None:
    (line,) = re.findall(r"^\$ sofrito (\w+) > recipe\.schema\.json$", PAGE, re.MULTILINE)
    done = sofrito(line, cwd=tmp_path)
    assert json.loads(done.stdout) == json.loads(
        (ROOT / "schemas" / "recipe.schema.json").read_bytes()
    )


def test_each_schema_is_printed_by_its_name() -> None:
    for name in SCHEMAS:
        file = ROOT / "schemas" / f"{name}.schema.json"
        assert sofrito("schema", name).stdout == file.read_text(encoding="utf-8"), name


def test_its_first_line_is_that_of_the_shipped_recipes() -> None:
    (line,) = re.findall(r"```yaml\n(.*)\n```", PAGE)
    recipes = [*ROOT.glob("recipes/*/recipe.yaml")]
    assert recipes
    assert all(path.read_text(encoding="utf-8").startswith(f"{line}\n") for path in recipes)


def test_a_wrong_name_is_told() -> None:
    done = sofrito("schema", "recipes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no schema `recipes`. Did you mean `recipe`?" in done.stderr
