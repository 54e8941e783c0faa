"""How a call becomes jobs for the engine: template, tokens, constraint, stops."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.teachers.call import Completion, Message, Score, Weigh
from sofrito.teachers.chat import ChatTemplate, no_template
from sofrito.teachers.llama.gbnf import Unsupported, choice_grammar, schema_grammar
from sofrito.teachers.llama.jobs import Scoring, Writing
from sofrito.teachers.llama.sampler import Sampler
from sofrito.teachers.llama.soft import SoftWriter
from sofrito.teachers.llama.tokenizer import Tokenizer
from sofrito.teachers.sampling import Sampling, options_of, stops_of
from sofrito.teachers.teacher import Unmade, too_long

WINDOWS = 32
"""How many contexts long a text may be that is scored: a longer one takes minutes."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Makes jobs for one model; ``context`` is in tokens.

    ``template`` is None where the file has none and the recipe names none.
    """

    path: Path
    tokenizer: Tokenizer
    template: ChatTemplate | None
    context: int

    def write(self, call: Completion) -> Writing:
        """Return the job that writes; Refused when the prompt and ``max_tokens`` exceed the context."""
        options = options_of(call.sampling)
        limit = int(options["max_tokens"])
        self._refuse_a_giant(call, limit)
        prompt, ends, stops = self._opening(call)
        if len(prompt) + limit > self.context:
            raise too_long(len(prompt), limit, self.context)
        biases = self.tokenizer.biases(options.get("logit_bias", {}))
        how, grammar = Sampling.of(options, call.seed, biases), _grammar(call)
        k = call.soft_labels
        return Writing(
            prompt,
            limit,
            sampler=Sampler(self.tokenizer.vocab, how, grammar),
            tokenizer=self.tokenizer,
            ends=ends,
            stops=(*stops, *stops_of(options)),
            whole=(lambda text: _closed(call, text)) if grammar else None,
            soft=SoftWriter(k, self.tokenizer.fingerprint) if k else None,
        )

    def score(self, call: Score) -> Iterator[Scoring]:
        """Yield the jobs that score a text, a window of the context each, every half of it anew.

        Refused where the text is an answer that does not fit together with its prompt, or has more
        tokens than ``WINDOWS`` contexts.
        """
        least = self.tokenizer.at_least(call.text)
        if least > WINDOWS * self.context:
            raise Unmade(
                "context",
                f"the text has at least {least} tokens and is scored in windows of the context of "
                f"{self.context}: no more than {WINDOWS} times that is; cut it into passages",
            )
        given = self.prompt(call.messages) if call.messages else []
        tokens = [*given, *self.tokenizer.encode(call.text, begin=not given)]
        if given and len(tokens) > self.context:
            raise too_long(len(given), len(tokens) - len(given), self.context)
        told = max(len(given), 1)
        for start in range(0, max(1, len(tokens)), max(1, self.context // 2)):
            window = tokens[start : start + self.context]
            if start + len(window) > told:
                yield Scoring(window, told - start - 1)
                told = start + len(window)

    def weigh(self, call: Weigh) -> Iterator[Scoring]:
        """Yield a job for each label, its end scored too; Refused where one does not fit."""
        prompt = self.prompt(call.messages)
        for label in call.labels:
            tokens = [*prompt, *self.tokenizer.encode(label)]
            if len(tokens) > self.context:
                raise too_long(len(prompt), len(tokens) - len(prompt), self.context)
            yield Scoring(tokens, len(prompt) - 1, self.tokenizer.ends)

    def prompt(self, messages: tuple[Message, ...]) -> list[int]:
        """Return the tokens of a chat up to where the assistant begins."""
        parts = self.tokenizer.guard.rendered(messages, self._chat().render)
        return self.tokenizer.encode_parts(parts)

    def _opening(self, call: Completion) -> tuple[list[int], frozenset[int], tuple[str, ...]]:
        """Return the prompt's tokens, the tokens that end the answer, and the texts that do."""
        ends = self.tokenizer.ends
        if call.prompt:
            return self.tokenizer.encode(call.prompt, begin=True), ends, ()
        if call.turn == "assistant":
            return self.prompt(call.messages), ends, ()
        parts, after = self.tokenizer.guard.users_turn(call.messages, self._chat())
        tokens = self.tokenizer.encode_parts(parts)
        special = self.tokenizer.special_at_start(after)
        if special is not None:
            return tokens, ends | {special}, ()
        return tokens, ends, tuple(after.split()[:1])

    def _refuse_a_giant(self, call: Completion, limit: int) -> None:
        """Refuse what cannot fit by its length alone: to render and cut it up takes a second or more."""
        texts = (call.prompt, *(message.content for message in call.messages))
        least = sum(map(self.tokenizer.at_least, texts))
        if least > self.context:
            raise too_long(least, limit, self.context, about="at least ")

    def _chat(self) -> ChatTemplate:
        if self.template is None:
            raise no_template(str(self.path))
        return self.template


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
        words = f"the local model cannot hold an answer to its schema: {e}"
        raise Unmade("schema", words) from e


def _closed(call: Completion, text: str) -> bool:
    """Whether ``text`` cannot go on if it is a whole answer: saves the token that only ends it."""
    if call.choices:
        return text in call.choices and not any(
            c != text and c.startswith(text) for c in call.choices
        )
    return call.schema is not None and text.endswith(("}", "]"))
