"""The backends there are: built in, and those of installed packages."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.recipe.model import CHECKERS, Model
from sofrito.recipe.plugins import Plugin, installed, named, remedy
from sofrito.teachers.teacher import Teacher

BACKENDS = ("llama.cpp", "openai", "transformers", "wordllama", "scripted")


def backends(plugins: Sequence[Plugin]) -> tuple[str, ...]:
    """Return the backends that a recipe may name: the built-in ones first."""
    more = (plugin.name for plugin in plugins if plugin.kind == "backend")
    return (*BACKENDS, *dict.fromkeys(name for name in more if name not in BACKENDS))


Make = Callable[[str, Model, Path], Any]
"""What makes the teacher of a model, given its name, what the recipe says of it, and the folder."""


def packaged_backend(backend: str) -> tuple[Plugin, Make] | None:
    """Import a package's backend, None where a built-in one has the name.

    Raises Trouble where the package does not let it, or where it is not clear which one is meant.
    """
    plugin = named("backend", backend, (*BACKENDS, *CHECKERS), installed())
    if plugin is None:
        return None
    make = plugin.load()
    if not callable(make):
        raise _broken(plugin, "cannot be called with a model's name, the model and the folder")
    return plugin, make


def packaged_teacher(plugin: Plugin, make: Make, name: str, model: Model, folder: Path) -> Teacher:
    """Return the teacher that a package makes of a recipe's model.

    Its identity gets the package and its version: another one's answers are other answers. Raises
    Trouble where it is no teacher.
    """
    teacher = make(name, model, folder)
    if not isinstance(teacher, Teacher):
        what = f"makes a {type(teacher).__name__}, no sofrito.teachers.teacher.Teacher"
        raise _broken(plugin, what)
    said = getattr(teacher, "identity", None)
    if not isinstance(said, Mapping) or not isinstance(getattr(teacher, "concurrency", None), int):
        raise _broken(plugin, "makes a teacher without `identity` (a mapping) or `concurrency`")
    of = {"backend": plugin.name, "package": plugin.package, "version": plugin.version}
    teacher.identity = {**said, **of}
    return teacher


def _broken(plugin: Plugin, what: str) -> Trouble:
    return Trouble(
        f"The backend `{plugin.name}` of the package {plugin.who} {what}.", remedy(plugin)
    )
