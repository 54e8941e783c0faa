"""The vocabulary of a model: texts to tokens and back; import it only where llama_cpp is."""

import ctypes
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import llama_cpp as lc
import xxhash

from sofrito.teachers.guard import Guard, Part
from sofrito.teachers.sampling import biases_of


class Tokenizer:
    """A model's vocabulary."""

    def __init__(self, vocab: Any) -> None:
        self.vocab = vocab
        self.size: int = lc.llama_vocab_n_tokens(vocab)
        self.bos: int = lc.llama_vocab_bos(vocab)
        self.adds_bos = bool(lc.llama_vocab_get_add_bos(vocab)) and self.bos >= 0
        self._pieces: dict[int, bytes] = {}
        self._ends = frozenset(t for t in self._controls if lc.llama_vocab_is_eog(vocab, t))

    def encode(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """Return the tokens of a text.

        With ``special``, what spells a special token becomes it. With ``begin`` the
        beginning-of-sequence token comes first, once, where the model wants it, whether or not the
        text spells it.
        """
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        buffer = (lc.llama_token * room)()
        n = lc.llama_tokenize(self.vocab, raw, len(raw), buffer, room, False, special)
        tokens = buffer[:n]
        if not begin:
            return tokens
        while tokens[:2] == [self.bos, self.bos]:
            del tokens[0]
        return [self.bos, *tokens] if self.adds_bos and tokens[:1] != [self.bos] else tokens

    def encode_parts(self, parts: Sequence[Part]) -> list[int]:
        """Return the tokens of a rendered chat, begun as the model wants it."""
        tokens: list[int] = []
        for i, part in enumerate(parts):
            if i and tokens[-1] not in self._controls:
                tokens += self._going_on(part.text, special=not part.spelt)
            else:
                tokens += self.encode(part.text, special=not part.spelt, begin=not i)
        return tokens

    def _going_on(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text that follows other text.

        A SentencePiece vocabulary puts a space before a text; behind a line break, which merges
        with nothing there, it puts none.
        """
        if lc.llama_vocab_type(self.vocab) != lc.LLAMA_VOCAB_TYPE_SPM:
            return self.encode(text, special=special)
        before = self.encode("\n")
        tokens = self.encode("\n" + text, special=special)
        n = len(before)
        return tokens[n:] if tokens[:n] == before else self.encode(text, special=special)

    def at_least(self, text: str) -> int:
        """Return a number of tokens that a text has at the least, found at once."""
        return len(text.encode("utf-8", "replace")) // self._longest

    @cached_property
    def _longest(self) -> int:
        return max(len(self._piece(token)) for token in range(self.size)) or 1

    def biases(self, wanted: Mapping[str, float]) -> dict[int, float]:
        """Return logit biases by token, given them by text or by the token's number.

        Trouble for a text that is not one token.
        """
        return biases_of(wanted, self.encode, self.size)

    def piece(self, token: int) -> bytes:
        """Return the bytes that ``token`` writes; special tokens write nothing."""
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._piece(token)
        return found

    def _piece(self, token: int) -> bytes:
        room = 64
        while True:
            buffer = (ctypes.c_char * room)()
            n = lc.llama_token_to_piece(self.vocab, token, buffer, room, 0, False)
            if n >= 0:
                return buffer.raw[:n]
            room = -n

    def name_of(self, token: int) -> str:
        """Return how a chat template writes ``token``; empty for a token that does not exist."""
        return lc.llama_vocab_get_text(self.vocab, token).decode() if token >= 0 else ""

    def named(self) -> dict[str, str]:
        """Return the texts of the tokens that begin and end a sequence."""
        return {"bos": self.name_of(self.bos), "eos": self.name_of(lc.llama_vocab_eos(self.vocab))}

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        return self._ends

    def special_at_start(self, text: str) -> int | None:
        """Return the special token that ``text`` begins with, or None."""
        tokens = self.encode(text.lstrip(), special=True)
        return tokens[0] if tokens and tokens[0] in self._controls else None

    @cached_property
    def _controls(self) -> frozenset[int]:
        return self._marked(lc.LLAMA_TOKEN_ATTR_CONTROL | lc.LLAMA_TOKEN_ATTR_USER_DEFINED)

    def _marked(self, attributes: int) -> frozenset[int]:
        """Return the tokens with one of these attributes, and those that end a text."""
        attribute, ends, vocab = lc.llama_vocab_get_attr, lc.llama_vocab_is_eog, self.vocab
        return frozenset(
            t for t in range(self.size) if attribute(vocab, t) & attributes or ends(vocab, t)
        )

    @cached_property
    def guard(self) -> Guard:
        """What keeps special tokens that messages spell apart from the template's.

        User-defined tokens are none of them: those are whole words or blank lines of a vocabulary,
        and a text that spells one always becomes it.
        """
        return Guard(self.name_of(token) for token in self._marked(lc.LLAMA_TOKEN_ATTR_CONTROL))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every token's text, in order: ids of equal fingerprints mean the same."""
        state = xxhash.xxh3_128()
        for token in range(self.size):
            state.update(lc.llama_vocab_get_text(self.vocab, token))
            state.update(b"\0")
        return state.hexdigest()
