"""Lays a recipe out anew: order of keys, indentation, width; what it says and its comments stay."""

from collections import Counter

from sofrito.problems import RecipeError
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.format_lines import written
from sofrito.recipe.format_nodes import Odd
from sofrito.recipe.format_order import ANY, Shape
from sofrito.recipe.format_tree import parse_sheet
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.yaml_tokens import tokenize


def formatted(document: Document, schema: Schema) -> str:
    """Return a recipe's text as `sofrito fmt` writes it.

    Keys come in the order of the schema; those of a mapping whose names are the user's own, and the
    items of lists, stay as they are. Formatting twice is formatting once. The result is read again
    before it is returned: where it says anything else than the text did, or lacks a comment, keys
    are left in their order, and where that does not help the text is returned as it is.
    """
    for shape in (Shape(schema, schema.get("$defs", {})), ANY):
        try:
            text = written(parse_sheet(document.text), shape)
        except Odd:
            return document.text
        if _same(document, text):
            return text
    return document.text


def _same(document: Document, text: str) -> bool:
    try:
        after = parse_document(document.path, text, mapping=False)
    except RecipeError:
        return False
    same = after.data == document.data and _as_written(after) == _as_written(document)
    return same and comments(text) == comments(document.text)


def _as_written(document: Document) -> object:
    """Return every scalar of a document as it stands in the file, `1.10` being no 1.1."""
    return _sources(document, (), document.data)


def _sources(document: Document, path: tuple[str | int, ...], data: object) -> object:
    if isinstance(data, dict):
        return {key: _sources(document, (*path, key), one) for key, one in data.items()}
    if isinstance(data, list):
        return [_sources(document, (*path, number), one) for number, one in enumerate(data)]
    return document.source(path)


def comments(text: str) -> Counter[str]:
    """Return the comments of a YAML text, each with how often it is there."""
    found: Counter[str] = Counter()
    end = 0
    for token in tokenize(text)[0]:
        gap = text[end : token.start_mark.offset]
        found.update(line[line.index("#") :].rstrip() for line in gap.split("\n") if "#" in line)
        end = max(end, token.end_mark.offset)
    return found
