"""The local teacher: a GGUF model in this process, through llama.cpp."""

import asyncio
import codecs
import importlib.util
import json
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sofrito.problems import Trouble
from sofrito.teachers.call import Answer, Completion, Refused, Transient
from sofrito.teachers.chat import ChatTemplate
from sofrito.teachers.gbnf import Unsupported, choice_grammar, schema_grammar
from sofrito.teachers.gguf import GgufInfo
from sofrito.teachers.weights import content_hash

if TYPE_CHECKING:
    from sofrito.teachers.llama_engine import Engine, Sampler

DEFAULTS: Mapping[str, Any] = {
    "temperature": 0.7,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "max_tokens": 512,
    "stop": (),
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

        ``threads`` is by default the cores this process may use; ``cache`` is where the hash is
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
        self._threads = threads or _cores()
        digest = ChatTemplate(self.info.template).digest
        self._identity = {
            "backend": "llama.cpp",
            "weights": content_hash(path, cache),
            "template": digest,
            "defaults": dict(DEFAULTS),
        }
        self._model: _Model | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")
        self._closing = threading.Event()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The weights' and the template's content hashes, and the defaults."""
        return self._identity

    async def complete(self, call: Completion) -> Answer:
        """Answer one call.

        The call must fit wholly: Refused when its prompt and its ``max_tokens`` exceed the
        context. Raises Trouble when the model does not load or a schema cannot be a grammar.
        """
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
            self._model = _Model.load(self.info, self.context, self._threads)
        return self._model.answer(call, lambda: abandoned.is_set() or self._closing.is_set())

    def _release(self) -> None:
        if self._model is not None:
            self._model.engine.close()
            self._model = None


@dataclass(frozen=True, slots=True)
class _Model:
    """A loaded model with its template."""

    engine: "Engine"
    template: ChatTemplate
    context: int

    @classmethod
    def load(cls, info: GgufInfo, context: int, threads: int) -> "_Model":
        from sofrito.teachers.llama_engine import Engine

        engine = Engine(info.path, context=context, threads=threads)
        return cls(engine, ChatTemplate(info.template or "", **engine.specials()), context)

    def answer(self, call: Completion, halted: Callable[[], bool]) -> Answer:
        options = {**DEFAULTS, **call.sampling}
        prompt = self.engine.tokenize(self.template.render(call.messages))
        limit = int(options["max_tokens"])
        if len(prompt) + limit > self.context:
            raise Refused("context", _too_long(len(prompt), limit, self.context), journaled=False)
        sampler = self.engine.sampler(_sampling(options, call.seed), _grammar(call))
        try:
            return self._write(call, prompt, sampler, limit, _stops(options), halted)
        finally:
            sampler.close()

    def _write(
        self,
        call: Completion,
        prompt: list[int],
        sampler: "Sampler",
        limit: int,
        stops: tuple[str, ...],
        halted: Callable[[], bool],
    ) -> Answer:
        engine, text = self.engine, ""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        engine.read(prompt)
        for n in range(1, limit + 1):
            if halted():
                raise Transient("unreachable", "the local model was told to stop")
            token = sampler.draw()
            if engine.ends(token):
                return Answer(text, "stop", len(prompt), n - 1)
            new = decoder.decode(engine.piece(token))
            text += new
            cut = _cut(text, len(new), stops)
            if cut >= 0:
                return Answer(text[:cut], "stop", len(prompt), n)
            if _closed(call, text) and sampler.may_end():
                return Answer(text, "stop", len(prompt), n)
            if n < limit:
                engine.step(token)
        return Answer(text, "length", len(prompt), limit)


def _too_long(prompt: int, limit: int, context: int) -> str:
    return (
        f"the prompt has {prompt} tokens and max_tokens asks for {limit} more, but the context "
        f"holds {context}: shorten the prompt, lower max_tokens or raise `context`"
    )


def _context(info: GgufInfo, asked: int | None) -> int:
    trained = info.context or MOST_CONTEXT
    if asked is not None and asked > trained:
        raise Trouble(
            f"The recipe asks for a context of {asked} tokens, but {info.path} was made for "
            f"{trained}.",
            f"Set `context` to {trained} or less.",
        )
    return asked or min(trained, MOST_CONTEXT)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sampling(options: Mapping[str, Any], seed: int | None) -> Any:
    from sofrito.teachers.llama_engine import Sampling

    kept = {k: v for k, v in options.items() if k not in ("max_tokens", "stop")}
    return Sampling(**kept, seed=seed or 0)


def _stops(options: Mapping[str, Any]) -> tuple[str, ...]:
    stop = options["stop"]
    return tuple(s for s in ([stop] if isinstance(stop, str) else stop) if s)


def _cut(text: str, new: int, stops: tuple[str, ...]) -> int:
    """Return where the first stop string begins that the last ``new`` characters completed, or -1."""
    places = [text.find(s, max(0, len(text) - new - len(s) + 1)) for s in stops]
    return min((p for p in places if p >= 0), default=-1)


def _grammar(call: Completion) -> str | None:
    if call.choices:
        return choice_grammar(call.choices)
    if call.schema is None:
        return None
    try:
        return schema_grammar(call.schema)
    except Unsupported:
        return _foreign_grammar(call.schema)


def _foreign_grammar(schema: Mapping[str, Any]) -> str:
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        return str(json_schema_to_gbnf(json.dumps(schema)))
    except (AssertionError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise Trouble(
            f"The local model cannot hold its answers to this schema: {e}.",
            "Simplify the step's `schema`.",
        ) from e


def _closed(call: Completion, text: str) -> bool:
    """Whether ``text`` cannot go on if it is a whole answer: saves the token that only ends it."""
    if call.choices:
        return text in call.choices and not any(
            c != text and c.startswith(text) for c in call.choices
        )
    return call.schema is not None and text.endswith(("}", "]"))
