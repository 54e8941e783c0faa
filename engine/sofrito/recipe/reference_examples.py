"""The examples in the reference: steps, filters and formats as one would write them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.vocabulary import Vocabulary

_PLAIN = re.compile(r"[A-Za-z_][\w ./-]*(?<! )")
_RESERVED = re.compile(r"(?i)true|false|yes|no|on|off|null|y|n")
_BY_KEY: Mapping[str, Any] = {
    "pattern.never": ["^As an AI"],
    "perplexity.above": 5,
    "perplexity.below": 400,
    "refusal.words": ["tut mir leid", "leider nein"],
    "echo.words": ["given prompt", "rewritten prompt"],
    "vocabulary.words": "tasks",
    "contamination.against": ["tasks"],
    "language.allowed": ["en"],
    "model": "scorer",
    "chain": "text_only",
    "given": "input",
    "words": [5, 100],
    "characters": [20, 600],
    "never": ["sorry", "language model"],
    "against": ["tasks", "passed"],
    "prompt": "question",
    "completion": "answer",
    "label": "good",
    "chosen": "chosen",
    "rejected": "rejected",
    "columns": ["question", "answer"],
    "text": "answer",
}
_BY_TYPE: Mapping[str, Any] = {"string": "answer", "integer": 5, "number": 0.5, "boolean": True}


def step_lines(step: Mapping[str, Any]) -> list[str]:
    """Return a step as YAML, a line a key."""
    lines = [f"{key}: {flow(value)}" for key, value in step.items()]
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def entry_lines(
    name: str, cls: type[Check] | type[Writer], entry: Schema, vocabulary: Vocabulary
) -> list[str]:
    """Return a filter or a format as YAML: its bare name where that will do, and with options."""
    samples = {
        key: _BY_KEY.get(f"{name}.{key}") or _sample(key, one)
        for key, one in entry["properties"].items()
    }
    if not _valid(cls, {}, vocabulary):
        return [_entry(name, cls, _least(cls, samples, vocabulary))]
    while samples and not _valid(cls, samples, vocabulary):  # some options exclude others
        samples.popitem()
    return [f"- {name}", *([_entry(name, cls, samples)] if samples else [])]


def flow(value: Any) -> str:
    """Return a value as YAML on one line, with quotes only where they are needed."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str() if _PLAIN.fullmatch(value) and not _RESERVED.fullmatch(value):
            return value
    return json.dumps(value, ensure_ascii=False)


def _least(
    cls: type[Check] | type[Writer], samples: Mapping[str, Any], vocabulary: Vocabulary
) -> Mapping[str, Any]:
    """Return the first options that together are enough; all of them where none are."""
    pairs = list(samples.items())
    enough = (
        dict(pairs[:count])
        for count in range(1, len(pairs))
        if _valid(cls, dict(pairs[:count]), vocabulary)
    )
    return next(enough, samples)


def _valid(
    cls: type[Check] | type[Writer], options: Mapping[str, Any], vocabulary: Vocabulary
) -> bool:
    try:
        cls.model_validate(options, context=vocabulary)
    except ValidationError:
        return False
    return True


def _entry(name: str, cls: type[Check] | type[Writer], options: Mapping[str, Any]) -> str:
    short = options[cls.shorthand] if [*options] == [cls.shorthand] else options
    return f"- {name}: {flow(short)}"


def _sample(key: str, schema: Schema) -> Any:
    if key in _BY_KEY:
        return _BY_KEY[key]
    if schema.get("default") not in (None, "", [], {}):
        return schema["default"]
    types = schema.get("type", "string")
    kind = types if isinstance(types, str) else types[-1]
    return [_BY_TYPE["string"]] if kind == "array" else _BY_TYPE.get(kind, {})
