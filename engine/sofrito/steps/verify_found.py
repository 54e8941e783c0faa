"""What a check found, and where a text stands in another."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: ``reason`` is "" where it passed, else a class; ``detail`` is about this one.

    ``start`` and ``end`` are characters of the text that was searched, None where nothing was found.
    """

    reason: str = ""
    detail: str = ""
    start: int | None = None
    end: int | None = None

    def record(self, *, places: bool) -> dict[str, Any]:
        """Return the record that a row gets."""
        where = {"start": self.start, "end": self.end} if places else {}
        return {"ok": not self.reason, "reason": self.reason, "detail": self.detail, **where}


def failed(reason: str, detail: str = "") -> Found:
    """Return what is found of an answer that does not pass."""
    return Found(reason, detail)


def occurrence(span: str, text: str) -> Found:
    """Return where ``span`` first stands in ``text``, whatever the white space between its words."""
    words = r"\s+".join(map(re.escape, span.split()))
    found = re.search(words, text)
    if found is None:
        return failed("not found")
    return Found(start=found.start(), end=found.end())
