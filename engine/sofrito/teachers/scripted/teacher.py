"""A teacher that answers from a script, for tests and dry runs: no model, no network, no luck."""

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from sofrito.teachers.call import Call, CompareMath, Completion, RunProgram
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.scripted.numbers import made_up, made_up_soft_labels
from sofrito.teachers.scripted.values import shaped, some_text, value_for
from sofrito.teachers.teacher import Teacher, Transient, unable

Reply = str | Answer | Callable[[Completion], "str | Answer"]
Script = (
    Callable[[Completion], str | Answer | None] | Mapping[str, Reply] | Iterable[tuple[str, Reply]]
)

END = ""
"""The token that ends an answer: it has soft labels as those of a model have, and is no word."""


class ScriptedTeacher(Teacher):
    """Answers calls from ``script``; tokens are words.

    ``script`` is a function of the call, or regular expressions with a reply each: the first that
    is found anywhere in the messages (joined by line breaks) answers. A function that returns None,
    and a call that no expression fits, get the default: a pure function of the call's key that
    satisfies its choices, schema or shape. Every answer is cut at ``max_tokens`` words and stop strings.

    ``asked`` holds the calls in the order they came, those that failed included.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        name: str = "scripted",
        concurrency: int = 8,
        latency: float | Callable[[Call], float] = 0.0,
        fault_rate: float = 0.0,
        faults: random.Random | None = None,
    ) -> None:
        """Take the script; ``latency`` is in seconds before the answer.

        With the share ``fault_rate`` of the tries, drawn from ``faults``, Transient is raised.
        """
        self._script = script if script is None or callable(script) else _search(script)
        self.identity = {"backend": "scripted", "name": name}
        self.concurrency, self._latency = concurrency, latency
        self._fault_rate, self._faults = fault_rate, faults or random.Random(0)
        self.asked: list[Call] = []
        self.closed = False

    async def answer(self, call: Call) -> Result:
        """Answer from the script, after the latency; raises Transient as the fault rate says.

        Only completions have a script; the other kinds are a pure function of the call's key.
        """
        self.asked.append(call)
        fault = self._faults.random() < self._fault_rate
        await asyncio.sleep(self._latency(call) if callable(self._latency) else self._latency)
        if fault:
            raise Transient("unreachable", "the script says that this try fails")
        if isinstance(call, RunProgram | CompareMath):
            raise unable("A scripted teacher", call, "It is not asked to: sandboxes are.")
        if not isinstance(call, Completion):
            return made_up(call, random.Random(int.from_bytes(call.key(self.identity))))
        reply = self._script(call) if self._script else None
        if reply is None:
            reply = self.default(call)
        return reply if isinstance(reply, Answer) else _answer(call, reply)

    def default(self, call: Completion) -> str:
        """Return the text for a call that the script does not answer."""
        rng = random.Random(int.from_bytes(call.key(self.identity)))
        if call.choices:
            return rng.choice(call.choices)
        prompt = call.messages[-1].content if call.messages else ""
        if call.schema is not None:
            return value_for(call.schema, rng, prompt)
        if call.shape is not None:
            return shaped(call.shape, rng, prompt)
        return some_text(rng, prompt)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


def _search(
    script: Mapping[str, Reply] | Iterable[tuple[str, Reply]],
) -> Callable[[Completion], str | Answer | None]:
    pairs = script.items() if isinstance(script, Mapping) else script
    compiled = [(re.compile(pattern, re.DOTALL), reply) for pattern, reply in pairs]

    def find(call: Completion) -> str | Answer | None:
        text = "\n".join(m.content for m in call.messages)
        reply = next((reply for pattern, reply in compiled if pattern.search(text)), None)
        return reply(call) if callable(reply) else reply

    return find


def _answer(call: Completion, text: str) -> Answer:
    stop, whole = call.sampling.get("stop", ()), text
    for s in [stop] if isinstance(stop, str) else stop:
        text = text.partition(s)[0]
    ended = text == whole
    words = list(re.finditer(r"\S+", text))
    most = call.sampling.get("max_tokens", len(words))
    prompt = sum(len(m.content.split()) for m in call.messages)
    finish: Literal["stop", "length"] = "stop"
    if len(words) > most:
        finish, text, words = "length", text[: words[most - 1].end() if most else 0], words[:most]
        ended = False
    soft = None
    if call.soft_labels:
        tokens = [*(word.group() for word in words), *([END] if ended else ())]
        soft = made_up_soft_labels(tokens, call.soft_labels)
    return Answer(text, finish, prompt, len(words), soft)
