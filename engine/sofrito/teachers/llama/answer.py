"""How a loaded model answers one call: template, tokens, constraint, and the writing itself."""

import codecs
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion
from sofrito.teachers.llama.chat import ChatTemplate
from sofrito.teachers.llama.engine import Engine
from sofrito.teachers.llama.gbnf import Unsupported, choice_grammar, schema_grammar
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.sampler import Sampler, Sampling
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused, Transient


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An engine with its chat template; ``context`` is in tokens."""

    engine: Engine
    template: ChatTemplate
    context: int
    defaults: Mapping[str, Any]

    @classmethod
    def load(
        cls, info: GgufInfo, context: int, threads: int, defaults: Mapping[str, Any]
    ) -> "LoadedModel":
        """Load the weights, or raise Trouble; ``defaults`` fill what a call's sampling leaves out."""
        engine = Engine(info.path, context=context, threads=threads)
        template = ChatTemplate(info.template or "", **engine.specials())
        return cls(engine, template, context, defaults)

    def answer(self, call: Completion, halted: Callable[[], bool]) -> Answer:
        """Answer one call; ``halted`` is asked before every token and ends it with Transient.

        Raises Refused when the prompt and ``max_tokens`` exceed the context together.
        """
        set_here = {k: v for k, v in call.sampling.items() if v is not None}
        options = {**self.defaults, **set_here}
        prompt = self.engine.tokenize(self.template.render(call.messages))
        limit = int(options["max_tokens"])
        if len(prompt) + limit > self.context:
            raise Refused("context", _too_long(len(prompt), limit, self.context), journaled=False)
        sampler = self.engine.sampler(_sampling(options, call.seed), _grammar(call))
        try:
            self.engine.read(prompt)
            writing = _Writing(self.engine, sampler, call, _stops(options))
            finish = writing.run(limit, halted)
            return Answer(writing.text, finish, len(prompt), writing.tokens)
        finally:
            sampler.close()


class _Writing:
    """One answer while it is written."""

    def __init__(
        self, engine: Engine, sampler: Sampler, call: Completion, stops: tuple[str, ...]
    ) -> None:
        self.engine, self.sampler, self.call, self.stops = engine, sampler, call, stops
        self.text, self.tokens = "", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def run(self, limit: int, halted: Callable[[], bool]) -> Literal["stop", "length"]:
        while self.tokens < limit:
            if halted():
                raise Transient("unreachable", "the local model was told to stop")
            token = self.sampler.draw()
            if self.engine.ends(token):
                return "stop"
            self.tokens += 1
            if self._take(token):
                return "stop"
            if self.tokens < limit:
                self.engine.step(token)
        return "length"

    def _take(self, token: int) -> bool:
        """Append what ``token`` writes; whether the answer ends with it.

        Bytes of a character that is not whole yet wait for the next token.
        """
        new = self._decoder.decode(self.engine.piece(token))
        self.text += new
        cut = _cut(self.text, len(new), self.stops)
        if cut >= 0:
            self.text = self.text[:cut]
            return True
        return _closed(self.call, self.text) and self.sampler.may_end()


def _too_long(prompt: int, limit: int, context: int) -> str:
    return (
        f"the prompt has {prompt} tokens and max_tokens asks for {limit} more, but the context "
        f"holds {context}: shorten the prompt, lower max_tokens or raise `context`"
    )


def _sampling(options: Mapping[str, Any], seed: int | None) -> Sampling:
    kept = {k: v for k, v in options.items() if k not in ("max_tokens", "stop")}
    return Sampling(**kept, seed=seed or 0)


def _stops(options: Mapping[str, Any]) -> tuple[str, ...]:
    stop = options["stop"]
    return tuple(s for s in ([stop] if isinstance(stop, str) else stop) if s)


def _cut(text: str, new: int, stops: tuple[str, ...]) -> int:
    """Return where the first stop string begins that ``new`` characters completed, or -1."""
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
