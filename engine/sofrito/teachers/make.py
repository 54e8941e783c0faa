"""Makes the teacher that a recipe's model describes."""

import os
from collections.abc import Callable
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.model import CHECKERS, Model
from sofrito.teachers.backends import packaged_backend, packaged_teacher
from sofrito.teachers.teacher import Teacher


def teacher_of(
    name: str, model: Model, folder: Path, announce: Callable[[str], None] = lambda _: None
) -> Teacher:
    """Return the teacher for a model of a recipe in ``folder``.

    ``announce`` is told what takes time or goes another way than the recipe says. Raises Trouble
    where a package, a file or a key is missing; opens no connection.
    """
    if package := packaged_backend(model.backend):
        return packaged_teacher(*package, name, model, folder)
    if model.backend == "scripted":
        from sofrito.teachers.scripted.teacher import ScriptedTeacher

        return ScriptedTeacher()
    if model.backend == "openai":
        return _remote(name, model)
    if model.backend == "wordllama":
        from sofrito.teachers.embed.wordllama import wordllama_teacher

        return wordllama_teacher()
    if model.backend in CHECKERS:
        from sofrito.teachers.checks import checker

        return checker(model.backend, announce)
    if model.backend == "transformers":
        return _checkpoint(model, folder)
    return _gguf(model, _file(model, folder), folder, announce)


def _gguf(model: Model, path: Path, folder: Path, announce: Callable[[str], None]) -> Teacher:
    from sofrito.teachers.chat import chosen_template
    from sofrito.teachers.embed.choose import gguf_embedder
    from sofrito.teachers.llama.gguf import GgufInfo
    from sofrito.teachers.llama.teacher import LlamaTeacher

    template = chosen_template(model.chat_template, folder) if model.chat_template else ""
    info = GgufInfo.read(path)
    return gguf_embedder(model, info) or LlamaTeacher(
        path,
        info=info,
        context=model.context or None,
        parallel=model.parallel,
        threads=model.threads or None,
        template=template,
        requantize=model.requantize,
        starter=model.model == "local",
        announce=announce,
    )


def _checkpoint(model: Model, folder: Path) -> Teacher:
    from sofrito.teachers.chat import chosen_template
    from sofrito.teachers.embed.choose import sentence_embedder
    from sofrito.teachers.hf.find import find_checkpoint
    from sofrito.teachers.hf.teacher import HfTeacher

    path = find_checkpoint(model.path, model.hub, folder)
    return sentence_embedder(model, path) or HfTeacher(
        path,
        context=model.context or None,
        parallel=model.parallel or None,
        threads=model.threads or None,
        template=chosen_template(model.chat_template, folder) if model.chat_template else None,
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
    if model.batch:
        from sofrito.teachers.remote.batch import CONCURRENCY, BatchTeacher

        return BatchTeacher(
            model.base_url,
            model.model,
            api_key=key,
            key_name=variable,
            revision=model.revision,
            concurrency=model.concurrency or CONCURRENCY,
            timeout=model.timeout_seconds,
        )
    return OpenAITeacher(
        model.base_url,
        model.model,
        api_key=key,
        key_name=variable,
        revision=model.revision,
        concurrency=model.concurrency,
        timeout=model.timeout_seconds,
    )
