"""The words of the language: the verbs, filters and formats that there are, and how they are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationInfo

from sofrito.recipe.base import Part
from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.verb import Verb


@dataclass(frozen=True)
class Vocabulary:
    """The verbs, filters and formats a recipe may use, by name; built-in ones and plugins alike."""

    verbs: Mapping[str, type[Verb]]
    filters: Mapping[str, type[Check]]
    formats: Mapping[str, type[Writer]]
    backends: tuple[str, ...] = ()
    inexpressible: Mapping[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)
    """By backend, what tells which part of a JSON Schema its answers cannot be held to, "" if none."""

    builtin: "Vocabulary | None" = None
    """Of one with words of installed packages, the part that comes with Sofrito."""


def vocabulary_of(info: ValidationInfo) -> Vocabulary:
    """Return the vocabulary that the recipe is being read with."""
    context = info.context
    assert isinstance(context, Vocabulary), "recipes are validated with a Vocabulary as context"
    return context


def parse_verb(value: Any, info: ValidationInfo) -> Verb:
    """Turn a step's mapping into its verb's model; the schema has already found exactly one verb."""
    if isinstance(value, Verb):
        return value
    verbs = vocabulary_of(info).verbs
    verb = next(key for key in value if key in verbs)
    return verbs[verb].model_validate(value, context=info.context)


def _named(value: Any, classes: Mapping[str, type[Part]], info: ValidationInfo) -> Any:
    if isinstance(value, Part):
        return value
    written = {value: {}} if isinstance(value, str) else value
    if not isinstance(written, dict) or len(written) != 1 or not written.keys() <= classes.keys():
        # told once already, at the parameter that stands here a second time
        raise ValueError("it is none of those that there are")
    ((name, options),) = written.items()
    cls = classes[name]
    shorthand = getattr(cls, "shorthand", "")
    if shorthand and not isinstance(options, dict):
        options = {shorthand: options}
    return cls.model_validate(options, context=info.context)


def parse_check(value: Any, info: ValidationInfo) -> Check:
    """Turn one entry of a filter chain into its filter's model."""
    check = _named(value, vocabulary_of(info).filters, info)
    assert isinstance(check, Check)
    return check


def parse_writer(value: Any, info: ValidationInfo) -> Writer:
    """Turn one entry of `write` into its format's model."""
    writer = _named(value, vocabulary_of(info).formats, info)
    assert isinstance(writer, Writer)
    return writer
