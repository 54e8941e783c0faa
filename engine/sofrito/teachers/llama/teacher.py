"""The local teacher: a GGUF model in this process, through llama.cpp."""

import asyncio
import importlib.util
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion
from sofrito.teachers.llama.chat import ChatTemplate
from sofrito.teachers.llama.cores import free_cores
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.weights import content_hash
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import unable

if TYPE_CHECKING:
    from sofrito.teachers.llama.answer import LoadedModel

DEFAULTS: Mapping[str, Any] = {
    "temperature": 0.7,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "max_tokens": 512,
    "stop": [],
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repeat_penalty": 1.0,
}
"""What holds where a recipe's ``sampling`` is silent; llama.cpp's own defaults never apply.

It is part of the identity, so that a new default makes new keys. ``top_k`` 0, ``top_p`` 1 and
``min_p`` 0 are off. Sampling without a seed draws as with seed 0.
"""

MOST_CONTEXT = 8192
"""Tokens of context where the recipe does not say; a model trained for fewer gets those."""


class LlamaTeacher:
    """Answers calls with the model in one GGUF file; the weights are loaded at the first call.

    An answer depends on its call and on nothing asked before it, to the last bit on the same
    machine with the same llama-cpp-python and ``threads``.
    """

    concurrency = 1

    def __init__(
        self,
        path: Path,
        *,
        context: int | None = None,
        threads: int | None = None,
        cache: Path | None = None,
    ) -> None:
        """Check the file and take its content hash; ``context`` is in tokens.

        ``threads`` is by default the cores that are idle when the model is loaded; ``cache`` is where the hash is
        remembered. Raises Trouble when the file or the package is not fit to answer.
        """
        if importlib.util.find_spec("llama_cpp") is None:
            raise Trouble(
                "A local model needs the package llama-cpp-python, which is not installed.",
                "Install it: pip install 'sofrito[local]'",
            )
        self.info = GgufInfo.read(path)
        if self.info.template is None:
            raise Trouble(
                f"{path} has no chat template, so nobody knows how to ask it.",
                "Take an instruct or chat model; a base model cannot follow a recipe's prompts.",
            )
        self.context = _context(self.info, context)
        self._threads = threads
        digest = ChatTemplate(self.info.template).digest
        self._identity = {
            "backend": "llama.cpp",
            "weights": content_hash(path, cache),
            "template": digest,
            "defaults": dict(DEFAULTS),
        }
        self._model: LoadedModel | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")
        self._closing = threading.Event()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The weights' and the template's content hashes, and the defaults."""
        return self._identity

    async def answer(self, call: Call) -> Result:
        """Answer one call.

        The call must fit wholly: Refused when its prompt and its ``max_tokens`` exceed the
        context. Raises Trouble when the model does not load or a schema cannot be a grammar.
        """
        if not isinstance(call, Completion):
            raise unable("An embedded model", call, "Use another model for this.")
        abandoned = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._answer, call, abandoned)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    async def close(self) -> None:
        """Stop what is being written and free the model; calling it twice is allowed."""
        if self._closing.is_set():
            return
        self._closing.set()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._release)
        self._thread.shutdown()

    def _answer(self, call: Completion, abandoned: threading.Event) -> Answer:
        if self._model is None:
            from sofrito.teachers.llama.answer import LoadedModel

            self._model = LoadedModel.load(
                self.info, self.context, self._threads or free_cores(), DEFAULTS
            )
        return self._model.answer(call, lambda: abandoned.is_set() or self._closing.is_set())

    def _release(self) -> None:
        if self._model is not None:
            self._model.engine.close()
            self._model = None


def _context(info: GgufInfo, asked: int | None) -> int:
    trained = info.context or MOST_CONTEXT
    if asked is not None and asked > trained:
        raise Trouble(
            f"The recipe asks for a context of {asked} tokens, but {info.path} was made for "
            f"{trained}.",
            f"Set `context` to {trained} or less.",
        )
    return asked or min(trained, MOST_CONTEXT)
