"""Types of fields that several parts of a recipe have: names of columns, counts, ranges."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value)


def _count(value: Any) -> Any:
    if isinstance(value, str) and value[-1:] in ("k", "M"):
        return round(float(value[:-1]) * {"k": 1_000, "M": 1_000_000}[value[-1]])
    return value


# A letter is whatever is no sign: `\w` is ASCII in JavaScript and Java, and Python has no `\p{L}`, but
# the same schemas are read by editors and by us.
_SIGNS = (
    r"\x5b-\x5e\x60\x7b-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2000-\u206f\u20a0-\u20cf"
    r"\u2190-\u2bff\u3000-\u3004\u3008-\u3020"
)
_WORD = rf"[^\x00-@{_SIGNS}][^\x00-/:-@{_SIGNS}]*"

NAME = rf"^{_WORD}$"
"""A name in letters of any script, digits and `_`, with no digit first; rare signs pass as letters."""

Name = Annotated[str, Field(pattern=NAME)]

FIELD = rf"^{_WORD}(\.{_WORD})*$"
"""A column, or a field of a record: `difficulty`, `verdict.score`."""


def _published(pattern: str) -> WithJsonSchema:
    """Return the schema of one name or several, each once."""
    return WithJsonSchema(
        {
            "type": ["string", "array"],
            "pattern": pattern,
            "items": {"type": "string", "pattern": pattern},
            "minItems": 1,
            "uniqueItems": True,
        }
    )


Columns = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), _published(NAME)]
Fields = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), _published(FIELD)]
Strings = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}),
]
Count = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema(
        {"type": ["integer", "string"], "minimum": 1, "pattern": r"^[0-9]+(\.[0-9]+)?[kM]$"}
    ),
]
Range = Annotated[
    tuple[int, int],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
