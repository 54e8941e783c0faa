"""A recipe's file as text: found, small enough, UTF-8."""

import codecs
import os
import re
import shlex
import stat
from pathlib import Path

from sofrito.problems import Problem, RecipeError, Span, near_file

MAX_BYTES = 10_000_000

_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_text(path: Path) -> tuple[Path, str]:
    """Return the text of a YAML file, or of the ``recipe.yaml`` in a folder, and the file's path.

    Raises :class:`RecipeError` where it is missing, unreadable, no regular file, larger than 10 MB
    (SOF001, SOF007) or not UTF-8 text (SOF005). A byte order mark is dropped.
    """
    try:
        if path.is_dir():
            path = _recipe_in(path)
        return path, decode(path, _bytes(path))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def decode(path: Path, raw: bytes) -> str:
    """Return the text of a file's bytes; raises :class:`RecipeError` (SOF005) if they are none."""
    for mark, name in _WIDE.items():
        if raw.startswith(mark):
            raise _not_text(Span(path), f"The file is {name} text.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _span(path, error.object[: error.start].decode("utf-8"))
        byte = error.object[error.start]
        meant = bytes([byte]).decode("cp1252", "replace")
        what = f"The byte 0x{byte:02X} is not UTF-8; in Windows' encoding it is `{meant}`."
        raise _not_text(where, what) from None
    if odd := _CONTROL.search(text):
        where = _span(path, text[: odd.start()])
        what = f"The file has the control character U+{ord(odd[0]):04X}, which YAML does not allow."
        if odd[0] == "\0":
            what = "The file has a NUL byte: it is UTF-16 text, or no text at all."
        raise _not_text(where, what)
    return text


def _span(path: Path, before: str) -> Span:
    """Return the place behind a text, whichever of the three line ends it uses."""
    lines = re.split(r"\r\n|\r|\n", before.removeprefix("\ufeff"))
    return Span(path, len(lines), len(lines[-1]) + 1)


def _not_text(where: Span, what: str) -> RecipeError:
    return RecipeError([Problem("SOF005", where, what, "Save the file as UTF-8 text.")])


def _recipe_in(folder: Path) -> Path:
    if (folder / "recipe.yaml").exists():
        return folder / "recipe.yaml"
    names = sorted(each.name for each in folder.iterdir() if each.suffix in (".yaml", ".yml"))
    fix = f"Pass one of its files: {', '.join(names[:5])}." if names else "Pass a recipe's file."
    what = f"The folder `{folder}` has no recipe.yaml."
    raise RecipeError([Problem("SOF001", Span(folder), what, fix)])


def _bytes(path: Path) -> bytes:
    # not blocking: a pipe that nobody writes to would be waited for without end
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        what = "The file is larger than 10 MB, which no recipe is."
        fix = "Keep rows in a seed file (.jsonl), which has no such limit."
        raise RecipeError([Problem("SOF007", Span(path), what, fix)])
    return raw


def _unreadable(path: Path, error: OSError | ValueError) -> RecipeError:
    what = f"`{path}` cannot be read: {getattr(error, 'strerror', None) or error}."
    fix = ""
    if isinstance(error, FileNotFoundError):
        what = f"There is no file `{path}`."
        fix = near_file(path.name, _names_beside(path), otherwise=_missing_folder(path))
    elif isinstance(error, PermissionError):
        what, fix = f"You may not read `{path}`.", f"Allow it: chmod u+r {shlex.quote(str(path))}"
    return RecipeError([Problem("SOF001", Span(path), what, fix)])


def _missing_folder(path: Path) -> str:
    """Return what to do about a path of which the file is not there, and maybe a folder."""
    around = (one for one in reversed(path.parents) if not one.exists())
    folder = next(around, None)
    if folder is None:
        return "Check the path."
    here = "either" if path.is_absolute() else f"in `{Path.cwd()}`"
    return f"There is no folder `{folder}` {here}: check the path."


def _names_beside(path: Path) -> list[str]:
    try:
        return [each.name for each in path.parent.iterdir()]
    except OSError:
        return []
