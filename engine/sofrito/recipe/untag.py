"""The filter that breaks the tags of a prompt in the texts that stand between them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sofrito.recipe.values import bounded, text_of

_UNSEEN = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U00013438\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Controls, and Unicode's category Cf and code points that are ignorable by default."""

_SKIP = re.compile(f"[{_UNSEEN}]")
_TAG = (
    r"<(?=[\s{unseen}]*+/[\s{unseen}]*+(?:{names})(?![^\W_])"
    r"|[\s{unseen}]*+(?:{names})(?:_[\w{unseen}]*+)?[\s{unseen}]*+/?[\s{unseen}]*+>"
    r"|[{unseen}]*+(?:{names})(?:_[\w{unseen}]*+)?[\s/][^<>=]*+[=>])"
)
"""The end of an element, wherever it goes on; its begin, without and with attributes."""


def untag(value: Any, *tags: Any) -> str:
    """Return a text in which the tags of these names are broken: `&lt;/answer>`.

    So it can neither end the tags that it stands between in a prompt nor pose as what stands in
    others. A name is also that of the tags that have more behind an underscore, such as
    `<answer_2>`; it may come as a list of names, and a null is none. Case, attributes, and what is
    invisible, makes no difference.
    """
    text = text_of(value)
    names = "|".join(_spelled(name) for one in tags for name in _names(one))
    if not names or "<" not in text:
        return text
    bounded(len(text) + 3 * text.count("<"))
    return re.sub(_TAG.format(names=names, unseen=_UNSEEN), "&lt;", text, flags=re.IGNORECASE)


def _names(tags: Any) -> Iterator[str]:
    listed = tags if isinstance(tags, Iterable) and not isinstance(tags, str) else [tags]
    for one in listed:
        if name := _SKIP.sub("", text_of(one)):
            yield name


def _spelled(name: str) -> str:
    """Return the pattern of a name with whatever is invisible between its letters and behind it."""
    return "".join(f"{re.escape(letter)}[{_UNSEEN}]*+" for letter in name)
