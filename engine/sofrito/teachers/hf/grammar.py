"""Holds an answer to a JSON Schema or a closed list of answers, through llguidance; needs torch."""

import importlib.util
import json
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from sofrito.problems import Trouble
from sofrito.teachers.teacher import Unmade

_STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Grammars:
    """Makes the grammars of one model's answers."""

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Iterable[int]) -> None:
        self._tokenizer, self._vocabulary, self._ends = tokenizer, vocabulary, sorted(ends)
        self._words: Any = None

    def of(self, schema: Mapping[str, Any] | None, choices: tuple[str, ...]) -> "Grammar":
        """Return what holds one answer; Refused where llguidance cannot hold one to this schema."""
        if importlib.util.find_spec("llguidance") is None:
            raise Trouble(
                "Answers of a transformers model are held to their form by the package llguidance, "
                "which is not installed.",
                "Install it: pip install 'sofrito[hf]'",
            )
        from llguidance import LLMatcher

        if choices:
            text = LLMatcher.grammar_from_lark("start: " + " | ".join(map(json.dumps, choices)))
        else:
            text = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=_STYLE)
        matcher = LLMatcher(self._made(), text, log_level=0)
        if matcher.is_error():
            why = _sentence(matcher.get_error())
            raise Unmade("schema", f"the answer cannot be held to its schema: {why}")
        return Grammar(matcher)

    def _made(self) -> Any:
        if self._words is None:
            from llguidance.hf import from_tokenizer

            self._words = from_tokenizer(
                self._tokenizer, n_vocab=self._vocabulary, eos_token=self._ends
            )
        return self._words


class Grammar:
    """What may come next in one answer."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    @property
    def done(self) -> bool:
        """Whether nothing can come any more."""
        return bool(self._matcher.is_stopped())

    def bind(self, logits: torch.Tensor) -> None:
        """Forbid in one row of logits, in place, what must not come next."""
        allowed = torch.frombuffer(bytearray(self._matcher.compute_logit_bias()), dtype=torch.uint8)
        banned = torch.ones(len(logits), dtype=torch.bool)
        size = min(len(logits), len(allowed))
        banned[:size] = allowed[:size] == 0
        logits.masked_fill_(banned.to(logits.device), float("-inf"))

    def take(self, token: int) -> None:
        """Go on with ``token``, which was allowed."""
        if not self._matcher.consume_token(token):
            raise Trouble(
                f"The form of an answer was lost: {_sentence(self._matcher.get_error())}",
                "Simplify the step's `schema`.",
            )


def _sentence(words: str) -> str:
    return " ".join(words.split()).rstrip(".")[:300] + "."
