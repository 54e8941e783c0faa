"""Keeps what spells a special token in a message apart from the chat template's own special tokens."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sofrito.teachers.call import Message
from sofrito.teachers.chat import ChatTemplate

_MARK = "\ue0f0"
_MARKED = re.compile(f"{_MARK}(\\d+){_MARK}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a rendered chat: the template's, or ``spelt`` in a message as ordinary text."""

    text: str
    spelt: bool = False


class Guard:
    """Renders chats so that a document can neither end the user's turn nor begin another one."""

    def __init__(self, specials: Iterable[str]) -> None:
        """Take the texts of the special tokens."""
        texts = sorted({_MARK, *specials} - {""}, key=len, reverse=True)
        self._spelt = re.compile("|".join(map(re.escape, texts)))

    def rendered(
        self, messages: Sequence[Message], render: Callable[[Sequence[Message]], str]
    ) -> list[Part]:
        """Return the parts of what ``render`` makes of messages; it raises what ``render`` raises.

        ``render`` sees marks where a message spells a special token; they are taken out again.
        """
        marked: list[str] = []

        def mark(found: re.Match[str]) -> str:
            marked.append(found.group())
            return f"{_MARK}{len(marked) - 1}{_MARK}"

        guarded = [replace(m, content=self._spelt.sub(mark, m.content)) for m in messages]
        text = render(guarded)
        if not marked:
            return [Part(text)]
        parts = [
            Part(marked[int(part)], spelt=True) if i % 2 else Part(part)
            for i, part in enumerate(_MARKED.split(text))
        ]
        return [part for part in parts if part.text]

    def users_turn(self, messages: Sequence[Message], chat: ChatTemplate) -> tuple[list[Part], str]:
        """Return the parts up to where the user's next message begins, and the text after its end."""
        after = ""

        def before(guarded: Sequence[Message]) -> str:
            nonlocal after
            text, after = chat.users_turn(guarded)
            return text

        return self.rendered(messages, before), after
