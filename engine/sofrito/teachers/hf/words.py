"""Texts to tokens and back, as one model's tokenizer does it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import xxhash

from sofrito.teachers.call import Message
from sofrito.teachers.chat import ChatTemplate
from sofrito.teachers.guard import Guard, Part
from sofrito.teachers.sampling import biases_of

TAIL = 4
"""Tokens of a prompt that are decoded with the answer: some tokenizers drop a space at the start."""


class Words:
    """A tokenizer of transformers, asked in the few ways that answering takes."""

    def __init__(self, tokenizer: Any) -> None:
        self._own = tokenizer
        start = tokenizer.bos_token_id
        alone = tokenizer("a", add_special_tokens=True)["input_ids"]
        self._start: int | None = start if start is not None and alone[:1] == [start] else None

    @property
    def specials(self) -> dict[str, str]:
        """The texts of the tokens that begin and end a sequence, for a chat template."""
        return {"bos": self._own.bos_token or "", "eos": self._own.eos_token or ""}

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every token's text, in order, as llama.cpp's of the same vocabulary."""
        texts = {token: text for text, token in self._own.get_vocab().items()}
        state = xxhash.xxh3_128()
        for token in range(max(texts, default=-1) + 1):
            state.update(texts.get(token, "").encode("utf-8", "replace") + b"\0")
        return state.hexdigest()

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """Return the tokens of a text; with ``special``, what spells a special token becomes it."""
        found = self._own(
            text, add_special_tokens=False, split_special_tokens=not special, verbose=False
        )
        return list(found["input_ids"])

    def begun(self, tokens: list[int]) -> list[int]:
        """Return the tokens with the model's beginning of a sequence once in front.

        Only where the tokenizer puts one there by itself; the chat template may have written it.
        """
        start = self._start
        if start is None:
            return tokens
        while tokens[:1] == [start]:
            tokens = tokens[1:]
        return [start, *tokens]

    def chat(self, template: ChatTemplate, messages: Sequence[Message]) -> list[int]:
        """Return the tokens of a chat up to where the assistant begins.

        What spells a special token in a message stays ordinary text: a document cannot end the
        user's turn.
        """
        return self.parts(self.guard.rendered(messages, template.render))

    def parts(self, parts: Sequence[Part]) -> list[int]:
        """Return the tokens of a rendered chat, begun as the model wants it."""
        several = [self.tokens(part.text, special=not part.spelt) for part in parts]
        return self.begun([token for tokens in several for token in tokens])

    def bias(self, wanted: Mapping[str, float]) -> dict[int, float]:
        """Return what is added to logits by token, given it by a text or by the token's number.

        Trouble for a text that is not one token.
        """
        return biases_of(wanted, lambda text: self.tokens(text, special=True), len(self._own))

    def special(self, text: str) -> int | None:
        """Return the special token that ``text`` begins with, or None."""
        first = self.tokens(text, special=True)[:1]
        return first[0] if first and first[0] in self._specials else None

    def text(self, prompt: Sequence[int], written: Sequence[int]) -> str:
        """Return what the tokens ``written`` behind a prompt say; special tokens say nothing."""
        tail = list(prompt[-TAIL:])
        before, whole = self._decode(tail), self._decode([*tail, *written])
        return whole[len(before) :] if whole.startswith(before) else self._decode(list(written))

    @cached_property
    def guard(self) -> Guard:
        """What keeps special tokens that messages spell apart from the template's."""
        return Guard(map(str, self._own.added_tokens_decoder.values()))

    @cached_property
    def _specials(self) -> frozenset[int]:
        added = self._own.added_tokens_decoder
        return frozenset(id_ for id_, token in added.items() if token.special)

    def _decode(self, tokens: list[int]) -> str:
        return str(
            self._own.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )
