"""Jinja's sandbox, made smaller: nothing that needs much memory, differs by run, or makes HTML."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import CodeType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter

from sofrito.recipe.values import LARGEST, TooLarge, bounded, printed, text_of

# What Jinja has beside these builds large texts from small ones (range, center, wordwrap), gives
# other results on every run (random, lipsum, pprint) or makes HTML, which then spreads by
# concatenation (escape, safe, xmlattr).
_FILTERS_REMOVED = (
    "attr center e escape filesizeformat forceescape pprint random safe urlencode urlize wordwrap "
    "xmlattr"
)
_GLOBALS_REMOVED = "range lipsum cycler joiner namespace"

# Bytes are no column's type, and their methods would need the same care as those of texts.
_METHODS_REMOVED = frozenset(
    {"encode", "expandtabs", "from_bytes", "maketrans", "to_bytes", "translate"}
)
_PADDING = frozenset({"center", "ljust", "rjust", "zfill"})
_BITS = 4096
_WIDTH = 1000
_PERCENT_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4})")


class _Code(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """Let `~` go through the environment, as a bounded operator."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Formatter(SandboxedFormatter):
    size = 0

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Format one field, unless its width or all fields together are too large."""
        if re.search(r"\d{4}", format_spec):
            raise TooLarge(f"a format wider than {_WIDTH - 1}")
        plain = value if isinstance(value, int | float | str) else text_of(value)
        text = super().format_field(plain, format_spec)
        self.size += len(text)
        bounded(self.size)
        return text


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every expression and template of every recipe.

    No text, list or output may have more than ``LARGEST`` characters or items; what would raises
    :class:`TooLarge`. A null prints as nothing. What is no data, such as a method that was not
    called, cannot be printed. Time is not bounded: nested loops may take long.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    code_generator_class = _Code

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, finalize=printed, **options)
        for name in _FILTERS_REMOVED.split():
            del self.filters[name]
        for name in _GLOBALS_REMOVED.split():
            del self.globals[name]

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the operator's result, once its size is known to be bearable."""
        bounded(_size(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a method, if what a text's method returns will not be too large."""
        text = getattr(__obj, "__self__", None)
        if isinstance(text, str) and args:
            if __obj.__name__ in _PADDING and isinstance(args[0], int):
                bounded(args[0])
            elif __obj.__name__ == "replace" and len(args) > 1:
                bounded(replaced_size(text, args[0], args[1]))
            elif __obj.__name__ == "join":
                parts = [*args[0]]
                bounded(sum(map(len, parts)) + len(parts) * len(text))
                args = (parts,)
        return super().call(__context, __obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse what Jinja refuses, and methods that make bytes or long texts."""
        return attr not in _METHODS_REMOVED and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return a bounded `format` or `format_map` in place of a text's own."""
        if super().wrap_str_format(value) is None:
            return None
        formatter, text = _Formatter(self), value.__self__
        if value.__name__ == "format_map":
            return partial(formatter.vformat, text, ())
        return partial(formatter.format, text)

    def concat(self, parts: Iterable[str]) -> str:
        """Join what a template prints, as long as it is not too much."""
        texts, size = [], 0
        for text in parts:
            size += len(text)
            bounded(size)
            texts.append(text)
        return "".join(texts)

    def joined(self, parts: Iterable[Any]) -> str:
        """Join the operands of `~`, a null being nothing."""
        return self.concat(map(text_of, parts))

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of a template that another one includes."""
        beside = getattr(self.loader, "beside", None)
        return str(beside(template, parent)) if beside else template

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            return super()._parse(source, name, filename)
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1, name, filename) from error

    def _generate(self, *args: Any, **options: Any) -> str:
        try:
            return super()._generate(*args, **options)
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1) from error

    def _compile(self, source: str, filename: str) -> CodeType:
        try:
            return super()._compile(source, filename)
        except (
            SyntaxError,
            RecursionError,
            MemoryError,
        ) as error:  # Python's own limits of nesting
            raise TemplateSyntaxError("it is nested too deeply", 1) from error


def replaced_size(text: str, old: Any, new: Any) -> int:
    """Return about how many characters a replacement leaves."""
    return len(text) + text.count(str(old)) * len(str(new))


def percent(text: str, values: Any) -> str:
    """Return ``text % values``, if it is not too large."""
    bounded(_size("%", text, values))
    return str(text % values)


def _size(operator: str, left: Any, right: Any) -> int:
    match operator, left, right:
        case "+", str() | list() | tuple(), str() | list() | tuple():
            return len(left) + len(right)
        case "*", int(), str() | list() | tuple():
            return left * len(right)
        case "*", str() | list() | tuple(), int():
            return len(left) * right
        case "*", int(), int() if left.bit_length() + right.bit_length() > _BITS:
            return LARGEST + 1
        case "**", int(), int() if left.bit_length() * right > _BITS:
            return LARGEST + 1
        case "%", str(), _:
            return _percent_size(left, right)
    return 0


def _percent_size(text: str, values: Any) -> int:
    if _PERCENT_WIDTH.search(text):
        return LARGEST + 1
    several: Iterable[Any] = (values,)
    if isinstance(values, Mapping):
        several = values.values()
    elif isinstance(values, tuple):
        several = values
    longest = max((len(text_of(value)) for value in several), default=0)
    return len(text) + text.count("%") * longest
