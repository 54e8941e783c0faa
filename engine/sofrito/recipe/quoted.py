"""A text as a YAML scalar in quotes, which every reader of YAML gives back as it is."""

import json

_JOINERS = "\u200c\u200d"


def quoted(text: str) -> str:
    """Return a text in double quotes, on one line.

    What does not print is escaped, as YAML allows no control characters; but not the joiners,
    which are in the words of some scripts.
    """
    written = json.dumps(text, ensure_ascii=False)
    return "".join(
        char if char.isprintable() or char in _JOINERS else _escaped(char) for char in written
    )


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
