"""The help of a recipe's keys: the docstrings under the fields of its models."""

import ast
import inspect
import re
import textwrap
from functools import cache

from sofrito.recipe.base import Part

_SPACE = re.compile(r"\s+")


@cache
def field_docs(cls: type[Part]) -> dict[str, str]:
    """Return the docstring under each field of a model by the field's name, inherited ones too."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Part) and base is not Part:
            docs |= _own_docs(base)
    return docs


def class_doc(cls: type[Part]) -> str:
    """Return a model's docstring, a line a paragraph."""
    paragraphs = inspect.cleandoc(cls.__doc__ or "").split("\n\n")
    return "\n\n".join(_SPACE.sub(" ", paragraph).strip() for paragraph in paragraphs)


def _own_docs(cls: type[Part]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return {}  # a class made at run time has no source, and so no help
    (definition,) = tree.body
    assert isinstance(definition, ast.ClassDef)
    docs = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(doc))
            ):
                docs[name] = _SPACE.sub(" ", doc).strip()
    return docs
