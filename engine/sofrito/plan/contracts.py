"""What a class of an installed package must be to serve as a verb, a filter or a format."""

from typing import Any

from sofrito.filters.base import (
    AskingFilter,
    Filter,
    MemoryFilter,
    PoolFilter,
    RowFilter,
    SiblingFilter,
)
from sofrito.formats.base import Format
from sofrito.recipe.base import Part
from sofrito.recipe.docs import class_doc, field_docs
from sofrito.steps.base import Step

_FILTERS: dict[type[Filter], str] = {
    RowFilter: "judge",
    PoolFilter: "comparing",
    SiblingFilter: "judge_all",
    MemoryFilter: "memory",
    AskingFilter: "judging",
}


def verb_fault(name: str, cls: Any) -> str:
    """Return what is wrong with a verb's class, as the end of a sentence about it; "" if nothing is."""
    fault = _is_no(Step, cls) or _misnamed("verb", name, cls) or undescribed(cls)
    if fault:
        return fault
    if name not in {field.alias or key for key, field in cls.model_fields.items()}:
        return f"has no field `{name}` for what it is about"
    return _lacks(Step, "operations", cls)


def filter_fault(name: str, cls: Any) -> str:
    """Return what is wrong with a filter's class, as :func:`verb_fault` does."""
    fault = _is_no(Filter, cls) or _misnamed("filter", name, cls) or undescribed(cls)
    if fault:
        return fault
    for base, method in _FILTERS.items():
        if issubclass(cls, base):
            return _lacks(base, method, cls)
    kinds = ", ".join(base.__name__ for base in _FILTERS)
    return f"is none of the kinds that run: {kinds} of sofrito.filters.base"


def format_fault(name: str, cls: Any) -> str:
    """Return what is wrong with a format's class, as :func:`verb_fault` does."""
    fault = _is_no(Format, cls) or _misnamed("format", name, cls) or undescribed(cls)
    return fault or _lacks(Format, "shape", cls) or _lacks(Format, "record", cls)


def undescribed(cls: type[Part]) -> str:
    """Say which help a class lacks: editors show it, and the reference has it."""
    if not class_doc(cls):
        return "has no docstring, which is its help"
    docs = field_docs(cls)
    silent = [name for name in cls.model_fields if not docs.get(name)]
    if silent:
        return f"does not describe its field `{silent[0]}` by a docstring under it"
    return ""


def _is_no(base: type[Part], cls: Any) -> str:
    if isinstance(cls, type) and issubclass(cls, base):
        return ""
    return f"is no subclass of {base.__module__}.{base.__qualname__}"


def _misnamed(attribute: str, name: str, cls: Any) -> str:
    said = getattr(cls, attribute, "")
    return "" if said == name else f"has `{attribute} = {said!r}` where `{name}` is expected"


def _lacks(base: type[Part], method: str, cls: type[Part]) -> str:
    own = getattr(cls, method) is not getattr(base, method)
    return "" if own else f"has no method `{method}`"
