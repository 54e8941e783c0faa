"""Whether a file or folder that a recipe names is an embedding model, and its teacher if so."""

from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.embed.folder import is_sentence_folder
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.llama.gguf import GgufInfo


def sentence_embedder(model: Model, path: Path) -> EmbeddingTeacher | None:
    """Return the teacher of a sentence-transformers folder, None for any other checkpoint."""
    if not is_sentence_folder(path):
        return None
    from sofrito.teachers.embed.sentence import sentence_teacher

    _heard(model, path)
    return sentence_teacher(
        path, tokens=model.context, parallel=model.parallel, threads=model.threads
    )


def gguf_embedder(model: Model, info: GgufInfo) -> EmbeddingTeacher | None:
    """Return the teacher of a GGUF file that holds an embedding model, None for any other."""
    from sofrito.teachers.llama.embedder import embeds, llama_embedder

    if not embeds(info):
        return None
    _heard(model, info.path)
    return llama_embedder(
        info, context=model.context, parallel=model.parallel, threads=model.threads
    )


def _heard(model: Model, path: Path) -> None:
    """Raise Trouble for what a recipe says of a model and an embedding model does not hear."""
    for key, idle in (("chat_template", ("",)), ("requantize", ("auto", "off"))):
        if getattr(model, key) not in idle:
            what = f"`{key}` means nothing to {path.name}: it is an embedding model."
            raise Trouble(what, "Remove it.")
