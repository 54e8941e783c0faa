"""Rewrites a recipe of an older version of the language, and changes nothing else in its file."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.migrations import MIGRATIONS, Edit
from sofrito.recipe.version import VERSION

KEY = "sofrito"
"""The key by which a recipe says its version."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """A recipe's text in the newest version, and each thing that was changed, in words."""

    text: str
    done: tuple[str, ...]


def migrated(document: Document) -> Migrated:
    """Return a recipe in the newest version of the language.

    One that does not say its version may be of any: all migrations look at it, and each changes only
    what no later version allows. Raises RecipeError where a person must decide (SOF108).
    """
    said = document.data.get(KEY)
    before = said if isinstance(said, int) and not isinstance(said, bool) else 1
    if before > VERSION:
        raise RecipeError([of_another_version(before, document.span((KEY,)))])
    done: list[str] = []
    for migration in MIGRATIONS:
        if migration.version > before:
            edits = [edit for change in migration.changes for edit in change.edits(document)]
            done += [f"line {edit.where.line}: {edit.what}" for edit in edits]
            document = parse_document(document.path, _edited(document.text, edits))
    if not done and (said is None or before == VERSION):
        return Migrated(document.text, tuple(done))
    text = _stamped(document)
    if text != document.text:
        done.append(f"`{KEY}: {VERSION}` says which version it is written in")
    return Migrated(text, tuple(done))


def of_another_version(said: int, where: Span) -> Problem:
    """Return the problem (SOF108) of a recipe that says that it is of another version."""
    if said > VERSION:
        what = f"The recipe is of version {said} of the language; this Sofrito reads {VERSION}."
        return Problem("SOF108", where, what, "Upgrade it: pip install --upgrade sofrito")
    what = f"The recipe is of version {said} of the language; the newest is {VERSION}."
    return Problem(
        "SOF108", where, what, f"`sofrito migrate {shlex.quote(where.file.name)}` rewrites it."
    )


def _edited(text: str, edits: Iterable[Edit]) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda one: one.where, reverse=True):
        line, start = lines[edit.where.line - 1], edit.where.column - 1
        end = start + edit.where.length
        quote = line[start] if line[start] in "\"'" else ""
        lines[edit.where.line - 1] = f"{line[:start]}{quote}{edit.text}{quote}{line[end:]}"
    return "\n".join(lines)


def _stamped(document: Document) -> str:
    """Return the text with the newest version said: in the key's place, else below the name."""
    if KEY in document.data:
        where = document.span((KEY,))
        return _edited(document.text, [Edit(where, str(VERSION), "")])
    where = document.span(("recipe",))
    lines = document.text.split("\n")
    text = "\n".join([*lines[: where.line], f"{KEY}: {VERSION}", *lines[where.line :]])
    try:
        after = parse_document(document.path, text).data
    except RecipeError:
        return document.text
    return text if after == {**document.data, KEY: VERSION} else document.text
