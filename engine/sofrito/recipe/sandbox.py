"""Jinja's sandbox, made smaller: nothing that needs much memory, differs by run, or makes HTML."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from functools import partial, wraps
from math import isfinite
from types import CodeType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.lexer import TokenStream
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter

from sofrito.problems import did_you_mean
from sofrito.recipe.effort import begin, spend
from sofrito.recipe.runtime_words import missing_words
from sofrito.recipe.sandbox_sizes import (
    BITS,
    WIDTH,
    bearable,
    few_characters,
    operated_size,
    searched_backwards,
)
from sofrito.recipe.sandbox_words import FILTERS, GLOBALS, OF_DICT, OF_LOOP, TESTS, may_read
from sofrito.recipe.template_nodes import shallow
from sofrito.recipe.values import LARGEST, TooLarge, bounded, plain, printed, text_of, weight

MOST_TOKENS = 50_000
"""Words and signs of the longest template."""

_HOLDING = (list, tuple, dict)
_BACKWARDS = frozenset({"rfind", "rindex", "rpartition", "rsplit"})
_CALL, _FOUND, _MISS, _MACRO, _INCLUDE = 10, 5, 100, 200, 1000
# An item of a list takes ten times the memory of a character.
_MADE = 10


class Missing(StrictUndefined):
    """What is not there: any use of it fails, and says what may have been meant."""

    @property
    def _undefined_message(self) -> str:
        message = missing_words(str(super()._undefined_message))
        if isinstance(self._undefined_obj, Mapping) and not self._undefined_hint:
            near = did_you_mean(str(self._undefined_name), map(str, self._undefined_obj))
            return f"{message}; {near[:1].lower()}{near[1:]}" if near else message
        return message


class _Code(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """Let `~` go through the environment, as a bounded operator."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802
        """Write an infinite number in a way that Python reads."""
        if isinstance(node.value, float) and not isfinite(node.value):
            self.write(f"float('{node.value}')")
        else:
            super().visit_Const(node, frame)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        """Let `[1:]` go through the environment as well, since it makes a copy."""
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.sliced(")
        self.visit(node.node, frame)
        for part in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            self.visit(part or nodes.Const(None), frame)
        self.write(")")


class _Formatter(SandboxedFormatter):
    size = 0

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Format one field, unless its width or all fields together are too large."""
        if re.search(r"\d{4}", format_spec):
            raise TooLarge(f"a format wider than {WIDTH - 1}")
        field = value if isinstance(value, int | float | str) else text_of(value)
        text = super().format_field(field, format_spec)
        self.size += len(text) + _CALL
        bounded(self.size)
        return text

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """Convert by `!r`, `!s`, `!a` only what is data."""
        return super().convert_field(plain(value) if conversion else value, conversion)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every expression and template of every recipe.

    No text, list or output may have more than ``LARGEST`` characters or items; what would raises
    :class:`TooLarge`. Nor may an evaluation take more steps than :mod:`sofrito.recipe.effort`
    allows. A null prints as nothing. What is no data, such as a method that was not called, cannot
    be printed.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    code_generator_class = _Code

    def __init__(self, filters: Mapping[str, Callable[..., Any]], **options: Any) -> None:
        super().__init__(undefined=Missing, finalize=printed, **options)
        known: dict[str, Any] = {**self.filters, **filters}
        self.filters = {n: _metered(known[n]) for n in sorted(FILTERS | filters.keys())}
        tests: dict[str, Any] = self.tests
        self.tests = {name: _metered(tests[name]) for name in sorted(TESTS)}
        self.globals = {name: self.globals[name] for name in sorted(GLOBALS)}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the operator's result, once its size is known to be bearable."""
        bounded(operated_size(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a method or a macro, if what it makes will not be too large."""
        if getattr(__obj, "__func__", None) is Sandbox.counted:
            return __obj(*args)
        owner = getattr(__obj, "__self__", None)
        steps = _MACRO if isinstance(__obj, Macro) else _CALL
        spend(steps + sum(map(weight, (owner, *args, *kwargs.values()))))
        if isinstance(owner, str) and __obj.__name__ in _BACKWARDS:
            searched_backwards(owner, (*args, *kwargs.values()))
        elif isinstance(owner, str) and args:
            args = bearable(owner, __obj.__name__, args)
        elif isinstance(owner, date | time):
            for pattern in (*args, *kwargs.values()):  # strftime makes it many times longer
                few_characters(pattern)
        return _counted_list(super().call(__context, __obj, *args, **kwargs))

    def counted(self, several: Any, steps: int) -> Any:
        """Return what a loop goes over, each item of which takes so many steps."""
        if isinstance(several, str | list | tuple | dict):
            spend(len(several) * steps)
            return several
        return _counted(several, steps)

    def sliced(self, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """Return a part of a text or list."""
        part = value[start:stop:step]
        spend(len(part))
        return part

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute or a field; the commonest of both without much ado."""
        if type(obj) is dict:
            if attribute in obj and attribute not in OF_DICT:
                return obj[attribute]
        elif type(obj) is LoopContext and attribute in OF_LOOP:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item or, where there is none, an attribute: filters look for many of them."""
        spend(_FOUND)
        try:
            return obj[argument]
        except (TypeError, LookupError):
            spend(_MISS)
            return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow only what is known to be harmless, and of that nothing that Jinja refuses."""
        return may_read(obj, attr) and super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Return what stands for an attribute that may not be read."""
        if isinstance(obj, Undefined):
            str(obj)  # raises, and says what is missing
        return super().unsafe_undefined(obj, attribute)

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
        texts = [*parts]
        bounded(sum(map(len, texts)) + len(texts))
        return "".join(texts)

    def joined(self, parts: Iterable[Any]) -> str:
        """Join the operands of `~`, a null being nothing."""
        return self.concat(map(text_of, parts))

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of a template that another one includes."""
        spend(_INCLUDE)
        beside = getattr(self.loader, "beside", None)
        return str(beside(template, parent)) if beside else template

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        if len(source) > LARGEST:
            raise TemplateSyntaxError(_LONG, 1, name, filename)
        try:
            stream = super()._tokenize(source, name, filename, state)
        except ValueError as error:  # Python refuses to read thousands of digits
            raise TemplateSyntaxError(_DIGITS, 1, name, filename) from error
        return TokenStream(_few(stream), name, filename)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            return shallow(super()._parse(source, name, filename))
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1, name, filename) from error

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:
        begin()  # constant parts are evaluated here
        try:
            for loop in source.find_all(nodes.For):
                steps = nodes.Const(_CALL + sum(1 for one in loop.body for _ in _within(one)))
                counted = nodes.EnvironmentAttribute("counted")
                called = nodes.Call(counted, [loop.iter, steps], [], None, None)
                loop.iter = called.set_lineno(loop.lineno).set_environment(self)
            return super()._generate(source, *args, **options)
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1) from error
        except TypeError as error:
            raise TemplateSyntaxError(_UNHASHABLE, 1) from error

    def _compile(self, source: str, filename: str) -> CodeType:
        try:
            return super()._compile(source, filename)
        except (
            SyntaxError,
            RecursionError,
            MemoryError,
        ) as error:  # Python's own limits of nesting
            raise TemplateSyntaxError("it is nested too deeply", 1) from error


_LONG = f"it is longer than {LARGEST:,} characters"
_MANY = f"it has more than {MOST_TOKENS:,} words and signs"
_UNHASHABLE = "a list or a mapping cannot be the key of a mapping"
_DIGITS = "a whole number in it has too many digits"


def _few(stream: TokenStream) -> Iterator[Any]:
    """Yield the tokens of a template, if they are not too many and their numbers not too large."""
    line = 1
    try:
        for number, token in enumerate(stream):
            line = token.lineno
            if number == MOST_TOKENS:
                raise TemplateSyntaxError(_MANY, line)
            value: Any = token.value
            if isinstance(value, int) and value.bit_length() > BITS:
                raise TemplateSyntaxError(_DIGITS, line)
            yield token
    except ValueError as error:
        raise TemplateSyntaxError(_DIGITS, line) from error


def _within(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    yield from node.find_all(nodes.Node)


def _counted(several: Iterable[Any], steps: int) -> Iterator[Any]:
    for item in several:
        spend(steps)
        yield item


def _counted_list(made: Any) -> Any:
    if isinstance(made, list):
        spend(len(made) * _MADE)
    return made


def _metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter or test that counts what it is given, and a list that it makes, as steps."""

    @wraps(function)
    def metered(*args: Any, **kwargs: Any) -> Any:
        steps = _CALL
        for one in args:
            if type(one) is str:
                steps += len(one)
            elif isinstance(one, _HOLDING):
                steps += weight(one)
        spend(steps)
        return _counted_list(function(*args, **kwargs))

    return metered
