"""Chat messages to the text a model was trained on, by the Jinja template in its file."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Never

import xxhash
from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sofrito.problems import Trouble
from sofrito.teachers.call import Message
from sofrito.teachers.teacher import Refused, Unmade

TODAY = datetime(2024, 7, 26)
"""The day that templates see: a prompt depends on its call, not on the day of the run."""

_HERE = "\ue0f1user\ue0f1"

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The template that many models share; a recipe names it by `chat_template: chatml`."""


class ChatTemplate:
    """The chat template of one model, in a sandbox: it comes from a stranger's file."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "") -> None:
        """Compile ``source``; Trouble when it is not valid Jinja. ``bos`` and ``eos`` are texts."""
        self.digest = xxhash.xxh3_128_hexdigest(source.encode())
        self._tokens = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = _environment().from_string(source)
        except TemplateError as e:
            raise Trouble(
                f"The chat template in the model's file is not valid Jinja: {_sentence(e)}",
                "Take another conversion of the model.",
            ) from e

    def render(self, messages: Sequence[Message]) -> str:
        """Return the prompt text, ending where the assistant's turn begins.

        Where the template raises on a system message, that message leads the first user message
        instead, as such models are commonly used. Raises Refused where it raises all the same.
        """
        try:
            return self._render(messages)
        except (TemplateError, _Raised, TypeError) as e:
            merged = _without_system(messages)
            if merged is None:
                raise _refusal(e) from e
        try:
            return self._render(merged)
        except (TemplateError, _Raised, TypeError) as e:
            raise _refusal(e) from e

    def users_turn(self, messages: Sequence[Message]) -> tuple[str, str]:
        """Return the text up to where the user's next message begins, and what follows its end.

        Raises Refused where the template does not write such a message as it is.
        """
        try:
            text = self._render([*messages, Message("user", _HERE)], answer=False)
        except (TemplateError, _Raised, TypeError) as e:
            raise _refusal(e) from e
        before, found, after = text.partition(_HERE)
        if not found or _HERE in after:
            words = "the model's chat template does not tell where a user's message begins"
            raise Unmade("chat template", words)
        return before, after

    def _render(self, messages: Sequence[Message], *, answer: bool = True) -> str:
        return self._template.render(
            messages=[{"role": m.role, "content": m.content} for m in messages],
            add_generation_prompt=answer,
            tools=None,
            documents=None,
            raise_exception=_raise,
            strftime_now=TODAY.strftime,
            **self._tokens,
        )


def chosen_template(name: str, folder: Path) -> str:
    """Return the template that ``chat_template: name`` means: chatml, or a file below ``folder``."""
    if name == "chatml":
        return CHATML
    path = (folder / name).resolve()
    if path.suffix != ".jinja" or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise Trouble(
            f"`chat_template: {name}` is no .jinja file below the recipe's folder.",
            "Write `chatml`, or the name of such a file.",
        )
    text = path.read_text("utf-8")
    try:
        _environment().from_string(text)
    except TemplateError as e:
        raise Trouble(f"{path} is not valid Jinja: {_sentence(e)}", "Mend the template.") from e
    return text


def _sentence(error: Exception) -> str:
    return str(error).rstrip(".") + "."


def no_template(name: str) -> Trouble:
    """Return the trouble of a model without a chat template that is asked with messages."""
    return Trouble(
        f"{name} has no chat template, so nobody knows how to ask it.",
        "Set the model's `chat_template` (a .jinja file, or `chatml`) if it was trained on one; "
        "ask a base model by `raw: true`; or take an instruct or chat model.",
    )


class _Raised(Exception):
    """The template called ``raise_exception``."""


def _raise(message: object) -> Never:
    raise _Raised(str(message))


def _refusal(error: Exception) -> Refused:
    words = f"the model's chat template does not take these messages: {error}"
    return Unmade("chat template", words)


def _without_system(messages: Sequence[Message]) -> list[Message] | None:
    match messages:
        case [Message(role="system") as system, Message(role="user") as user, *rest]:
            return [Message("user", f"{system.content}\n\n{user.content}"), *rest]
    return None


class _Generation(Extension):
    """Accept the training mark ``{% generation %}`` and render what is in it."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols", _Generation],
    )
    environment.filters["tojson"] = _tojson
    return environment


def _tojson(value: Any, indent: int | None = None, ensure_ascii: bool = False) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)
