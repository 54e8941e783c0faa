"""The teacher of a recipe that is begun: which it is, and whether it may be one."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sofrito.problems import Trouble
from sofrito.recipe.terms import terms_of


@dataclass(frozen=True, slots=True)
class Model:
    """The teacher: a file by ``path``, a server's ``base_url`` with its ``model``, else the embedded one.

    ``key`` is the environment variable with the server's key; ``accepted`` says why a model is
    allowed here whose terms, as far as is known, forbid to train on its answers.
    """

    path: str = ""
    base_url: str = ""
    model: str = ""
    key: str = ""
    accepted: str = ""

    @property
    def embedded(self) -> bool:
        """Whether it is the starter model, which is small: a first run of it should not take long."""
        return not (self.path or self.base_url)

    @property
    def forbidden(self) -> str:
        """What the terms forbid, as far as they are known, "" for nothing."""
        named = (terms_of(None, name) for name in (self.model, Path(self.path).name, self.base_url))
        return next((one.words for one in named if one.verdict == "not allowed"), "")


def is_variable(text: str) -> bool:
    """Say whether a text is the name of an environment variable, and no key that was pasted."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", text):
        return False
    mixed = text.upper() != text and text.lower() != text
    digits = any(char.isdigit() for char in text)
    return not digits or not (mixed or len(text) >= 16) or (text.isupper() and "_" in text)


def check_teacher(teacher: Model) -> None:
    """Raise Trouble where the key is none's name, or terms forbid the teacher and nobody accepts them."""
    if teacher.key and not is_variable(teacher.key):
        what = "--key takes the NAME of the environment variable, such as OPENAI_API_KEY."
        raise Trouble(what, "Put the key into that variable; it stands in no recipe.")
    if teacher.forbidden and not teacher.accepted.strip():
        what = f"By the terms of this teacher, as far as they are known, {teacher.forbidden}."
        fix = "Take another; or, having read its terms, say why they allow it: --accept-terms TEXT."
        raise Trouble(what, fix)


def usual_address(base_url: str) -> str:
    """Return the address that a server usually has, "" where it has a path as it is."""
    try:
        bare = urlsplit(base_url).path in ("", "/")
    except ValueError:
        return ""
    return f"{base_url.rstrip('/')}/v1" if base_url and bare else ""
