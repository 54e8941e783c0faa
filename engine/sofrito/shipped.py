"""The data folders that ship with Sofrito, found in a wheel as in a checkout."""

from pathlib import Path

from sofrito.problems import Trouble

PACKAGE = Path(__file__).parent


def shipped(folder: str, *, package: Path = PACKAGE) -> Path:
    """Return the shipped data folder: ``recipes``, ``prompts``, ``schemas`` or ``recipe_gallery``.

    A wheel carries it below the package, at ``_shipped/<folder>``. A checkout, be it installed as
    editable or on PYTHONPATH, has it beside ``engine/``. Raises Trouble when it is in neither.
    """
    root = _checkout(package)
    path = root / folder if root else package / "_shipped" / folder
    if not path.is_dir():
        fix = (
            f"Restore it from version control: git checkout -- {folder}"
            if root
            else "Install it again: python -m pip install --force-reinstall --no-deps sofrito"
        )
        raise Trouble(f"This installation lacks the folder `{folder}` ({path}).", fix)
    return path


def shipped_recipes(*, package: Path = PACKAGE) -> dict[str, Path]:
    """Return the folder of every shipped recipe by its name, in the order of the names.

    A recipe is a folder with a ``recipe.yaml``; its name is its path below ``recipes``.
    Raises Trouble when ``recipes`` is missing.
    """
    recipes = shipped("recipes", package=package)
    folders = [file.parent for file in recipes.rglob("recipe.yaml")]
    return {folder.relative_to(recipes).as_posix(): folder for folder in sorted(folders)}


def _checkout(package: Path) -> Path | None:
    """Return the top folder of the source tree that holds ``package``, None in a wheel."""
    engine = package.parent
    # Both are asked: a wheel may be unpacked into a folder that happens to be called engine.
    is_source = engine.name == "engine" and (engine.parent / "pyproject.toml").is_file()
    return engine.parent if is_source else None
