"""The files of the library that steps name: they exist, and their heads are sound."""

from sofrito.problems import RecipeError, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.library import HEADS, Library
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import ticked


def check_library_file(scene: Scene, path: Key, folder: str, name: str) -> str | None:
    """Note what is wrong with a file that a step names; return it as a template, None if it is none."""
    library, ending = Library(scene.sources), ".j2" if folder in HEADS else ".yaml"
    found = library.find(folder, name, ending)
    if found is None:
        there = library.names(folder, ending)
        what = f"There is no `{name}` among the {folder}."
        place = name if name.endswith(ending) else f"prompts/{folder}/{name}{ending}"
        otherwise = f"There are {ticked(there)}; or write {place}."
        if " " in name:
            otherwise = (
                f"It is the name of a file: write the text into prompts/{folder}/NAME{ending}."
            )
            otherwise += f" There are {ticked(there)}." if there else ""
        fix = did_you_mean(name, there, otherwise=otherwise)
        at_key = path[-1] == name  # a mapping by the files' names
        scene.problems.add("SOF202", path, what, fix, at_key=at_key)
        return None
    try:
        if folder in HEADS:
            library.head(folder, found)
        elif folder == "principles":
            library.principles(found)
    except RecipeError as error:
        for one in error.problems:
            scene.problems.add(
                one.code, path, one.what, one.fix, where=one.where, severity=one.severity
            )
        return None
    except (OSError, UnicodeDecodeError):
        if folder not in HEADS:
            what = f"`{found}` cannot be read as UTF-8 text."
            scene.problems.add("SOF202", path, what, "Save the file as UTF-8 text.")
    return found if folder in HEADS else None  # the check of templates tells what it cannot read
