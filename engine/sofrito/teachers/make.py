"""Makes the teacher that a recipe's model describes."""

import os
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.teacher import Teacher


def teacher_of(name: str, model: Model, folder: Path) -> Teacher:
    """Return the teacher for a model of a recipe in ``folder``.

    Raises Trouble where a package, a file or a key is missing; opens no connection.
    """
    if model.backend == "scripted":
        from sofrito.teachers.scripted.teacher import ScriptedTeacher

        return ScriptedTeacher()
    if model.backend == "openai":
        return _remote(name, model)
    from sofrito.teachers.llama.teacher import LlamaTeacher

    return LlamaTeacher(
        _file(model, folder), context=model.context or None, threads=model.threads or None
    )


def _file(model: Model, folder: Path) -> Path:
    from sofrito.teachers.llama.find import find_hub, find_local, find_path

    if model.path:
        return find_path(model.path, folder)
    return find_hub(model.hub) if model.hub else find_local()


def _remote(name: str, model: Model) -> Teacher:
    from sofrito.teachers.remote.teacher import OpenAITeacher

    variable = model.api_key[2:-1]
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        raise Trouble(
            f"The model `{name}` needs the environment variable {variable}, which is not set.",
            f"export {variable}=…",
        )
    return OpenAITeacher(
        model.base_url,
        model.model,
        api_key=key,
        key_name=variable,
        concurrency=model.concurrency or 16,
        timeout=model.timeout,
    )
