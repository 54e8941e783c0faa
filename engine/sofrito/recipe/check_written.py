"""Columns that a format writes as a text and that are none, and rows that it leaves out."""

import re

from jinja2 import TemplateSyntaxError

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.check_types import CODE
from sofrito.recipe.entries import Writer
from sofrito.recipe.expressions import expression_names
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.value_types import WORDS, Gap, Values
from sofrito.recipe.words import sentence

_MESSAGE = {"role", "content"}
_WORD = re.compile(r"\w+")


def check_written(scene: Scene, path: Key, writer: Writer, names: Names) -> None:
    """Warn of what a format writes otherwise than its user may think; ``names`` are those at the end."""
    _check_texts(scene, path, writer, names)
    told = {found.path for found in scene.problems.found}
    doubtful = {step.when for index, step in scene.steps() if ("steps", index, "when") in told}
    asked = _names(writer.where)
    for column in dict.fromkeys(writer.needs_values()):
        gap = names.nulls.get(column)
        if gap is None or (gap.condition and gap.condition in doubtful):
            continue
        if not asked.intersection((column, *_WORD.findall(gap.condition))):
            state = "missing" if gap.absent else "null"
            what = f"`{column}` is {state} {gap.where}, and `{writer.format}` leaves such rows out."
            worst: Severity = "warning"
            if _never_full(scene, gap):
                what, worst = f"{what} Their combinations of the axes never have enough.", "error"
            at = scene.places.find(path, column)
            fix = _gap_fix(column, gap, writer.where)
            scene.problems.add(CODE, at, what, fix, severity=worst)


def _never_full(scene: Scene, gap: Gap) -> bool:
    """Say whether some combinations of axes are asked for rows of which no format can write any."""
    recipe = scene.recipe
    decides = _names(gap.condition)
    alone = len(recipe.output.write) == 1 and recipe.rows is not None
    return alone and bool(decides) and decides <= recipe.axes.keys()


def _names(source: str) -> frozenset[str]:
    """Return the names that an expression uses, none where it cannot be read: that is told elsewhere."""
    try:
        return frozenset(expression_names(source)) if source else frozenset()
    except TemplateSyntaxError:
        return frozenset()


def _check_texts(scene: Scene, path: Key, writer: Writer, names: Names) -> None:
    values, lists = names.typed(names.known), writer.lists()
    for column in dict.fromkeys(writer.texts()):
        known = values.get(column)
        if known is None or known.type in ("text", "number"):
            continue
        if known.type != "list" or column not in lists:
            how = "these two words" if known.type == "boolean" else "it as JSON"
            what = f"`{column}` is {WORDS[known.type]}, and `{writer.format}` writes {how}."
            _warn(scene, path, column, what, _text_fix(writer, column, known))


def _warn(scene: Scene, path: Key, column: str, what: str, fix: str) -> None:
    scene.problems.warn(CODE, scene.places.find(path, column), what, fix)


def _text_fix(writer: Writer, column: str, known: Values) -> str:
    if known.type == "boolean":
        return f"For other words add a step `set`, with `to: \"'good' if {column} else 'bad'\"`."
    if known.type == "list" and known.fields.keys() >= _MESSAGE:
        chat = "chat" in type(writer).model_fields and writer.model_copy(update={"chat": True})
        if chat and column in chat.lists():
            return "For conversations write `chat: true` in this format."
        return f"For a conversation write `messages: {column}`."
    field = min(known.fields, default="FIELD")
    as_json = f"if JSON is meant, say so there: `to: {column} | tojson`"
    if known.type == "list":
        each = f"map(attribute='{field}') | " if known.items == "record" else ""
        such = f"`to: {column} | {each}join(', ')`"
        return f"Make a text of its items by a step `set`, with {such}; {as_json}."
    return (
        f"Name one of its fields (`{column}.{field}`), or make a text by a step `set`; {as_json}."
    )


def _gap_fix(column: str, gap: Gap, where: str) -> str:
    wanted = gap.condition or f"{column} {'is defined' if gap.absent else 'is not none'}"
    if where:
        wanted = " and ".join(f"({one})" if " or " in one else one for one in (where, wanted))
    meant = f"if that is meant, write `where: {wanted}` in this format."
    return sentence(meant) if gap.condition else f"{gap.fix}; or, {meant}"
