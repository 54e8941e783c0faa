"""What llama.cpp says while it works: kept for messages, never printed."""

import ctypes
import re
from typing import Any

import llama_cpp as lc

ERROR = 4
MOST = 8

_said: list[str] = []


@lc.llama_log_callback  # type: ignore[untyped-decorator]
def _hear(level: int, text: bytes, _: Any) -> None:
    if level == ERROR and len(_said) < MOST:
        _said.append(text.decode("utf-8", "replace").strip())


def listen() -> None:
    """Take over llama.cpp's log, which would go to stderr, and forget what was said before."""
    lc.llama_log_set(_hear, ctypes.c_void_p(0))
    _said.clear()


def complaint() -> str:
    """Return the first error logged since :func:`listen`, which names the cause, as a sentence."""
    first = _said[0] if _said else "it does not say why"
    return re.sub(r"^\w+: ", "", first).rstrip(".") + "."
