"""What the user should know of the axes that a model made: where topics are missing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sofrito.plan.axes import JOINT, Branch, axis_file, generated_axes
from sofrito.recipe.document import load_document
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.read import Read

_TOLD = 3


def axis_notes(read: Read, workspace: Path) -> list[str]:
    """Return a note for each generated axis whose file has fewer topics than the recipe asks for.

    The emptiest branches come first. Raises RecipeError for a file that cannot be read.
    """
    notes = []
    for name, topics in generated_axes(read).items():
        file = axis_file(read, workspace, name)
        tree = load_document(file).data.get("topics") if file.is_file() else None
        short = sorted(_short(tree, (), topics), key=lambda one: one[1]) if tree else []
        if short:
            told = [
                f"`{JOINT.join(branch) or topics.from_}` has {count} of {topics.width} topics"
                for branch, count in short[:_TOLD]
            ]
            if (more := len(short) - _TOLD) > 0:
                told.append(f"and {more:,} more {'has' if more == 1 else 'have'} too few")
            notes.append(f"axis {name}: {', '.join(told)}.")
    return notes


def _short(node: Any, above: Branch, topics: Topics) -> Iterator[tuple[Branch, int]]:
    """Yield the branches with fewer topics below them than were asked for, and how many there are."""
    below = {str(topic) for topic in node or ()}
    if len(below) < topics.width:
        yield above, len(below)
    if isinstance(node, Mapping):
        for topic, part in node.items():
            yield from _short(part, (*above, topic), topics)
