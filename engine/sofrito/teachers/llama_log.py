"""What llama.cpp says while it works: kept for messages, never printed."""

import ctypes
from collections import deque
from typing import Any

import llama_cpp as lc

ERROR = 3

_said: deque[str] = deque(maxlen=8)


@lc.llama_log_callback  # type: ignore[untyped-decorator]
def _hear(level: int, text: bytes, _: Any) -> None:
    if level == ERROR:
        _said.append(text.decode("utf-8", "replace").strip())


def listen() -> None:
    """Take over llama.cpp's log, which would go to stderr, and forget what was said before."""
    lc.llama_log_set(_hear, ctypes.c_void_p(0))
    _said.clear()


def last_words() -> str:
    """Return the last error llama.cpp logged, as a sentence."""
    return (_said[-1] if _said else "it does not say why").rstrip(".") + "."
