"""Writes a file anew without ever leaving half of it."""

import shutil
from pathlib import Path

from sofrito.problems import Trouble


def rewrite(path: Path, text: str, line_end: str) -> None:
    """Put a text in the place of a file's, at once and with the file's rights; raises Trouble.

    A link stays one: what it leads to is written. ``line_end`` is what each line is to end with.
    """
    real = path.resolve()
    partial = real.with_name(f".{real.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline=line_end)
        shutil.copymode(real, partial)
        partial.replace(real)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what = f"{path} cannot be written: {error.strerror or error}."
        raise Trouble(what, "It is as it was.") from error
