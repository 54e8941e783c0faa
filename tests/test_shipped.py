from pathlib import Path

import pytest

from sofrito.problems import Trouble
from sofrito.shipped import shipped, shipped_recipes

ROOT = Path(__file__).parents[1]


def write(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The package as a wheel unpacks it."""
    package = tmp_path / "site-packages" / "sofrito"
    write(package / "_shipped" / "recipes" / "kept" / "recipe.yaml")
    write(package / "_shipped" / "recipes" / "a-group" / "kept-too" / "recipe.yaml")
    write(package / "_shipped" / "recipes" / "not-a-recipe" / "README.md")
    return package


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The package as it stands in a checkout."""
    write(tmp_path / "pyproject.toml")
    write(tmp_path / "recipes" / "kept" / "recipe.yaml")
    package = tmp_path / "engine" / "sofrito"
    package.mkdir(parents=True)
    return package


@pytest.mark.parametrize("folder", ["recipes", "prompts", "schemas", "recipe_gallery"])
def test_this_checkout_ships_every_data_folder(folder: str) -> None:
    assert shipped(folder) == ROOT / folder


def test_a_wheel_has_its_folders_below_the_package(wheel: Path) -> None:
    assert shipped("recipes", package=wheel) == wheel / "_shipped" / "recipes"


def test_a_checkout_has_its_folders_beside_the_engine(checkout: Path) -> None:
    assert shipped("recipes", package=checkout) == checkout.parents[1] / "recipes"


def test_a_wheel_in_a_folder_called_engine_is_still_a_wheel(tmp_path: Path) -> None:
    package = tmp_path / "engine" / "sofrito"
    folder = write(package / "_shipped" / "prompts" / "README.md").parent
    assert shipped("prompts", package=package) == folder


def test_a_recipe_is_a_folder_with_a_recipe_file(wheel: Path) -> None:
    recipes = wheel / "_shipped" / "recipes"
    assert shipped_recipes(package=wheel) == {
        "a-group/kept-too": recipes / "a-group" / "kept-too",
        "kept": recipes / "kept",
    }


def test_a_folder_missing_from_a_wheel_is_named(wheel: Path) -> None:
    with pytest.raises(Trouble) as caught:
        shipped("schemas", package=wheel)
    assert caught.value.what == (
        f"This installation lacks the folder `schemas` ({wheel / '_shipped' / 'schemas'})."
    )
    assert caught.value.fix == (
        "Install it again: python -m pip install --force-reinstall --no-deps sofrito"
    )


def test_a_folder_missing_from_a_checkout_is_named(checkout: Path) -> None:
    with pytest.raises(Trouble) as caught:
        shipped("schemas", package=checkout)
    assert caught.value.fix == "Restore it from version control: git checkout -- schemas"
