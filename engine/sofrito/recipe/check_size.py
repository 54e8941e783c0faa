"""Filters that want longer texts than the answer that they are of can be."""

import math
from collections.abc import Mapping

from sofrito.recipe.base import Check, Key
from sofrito.recipe.scene import Scene

Answers = Mapping[str, tuple[int, str]]
"""The tokens that a column has at most, with the step whose answer it is."""


def check_size(
    scene: Scene, path: Key, check: Check, columns: tuple[str, ...], of: Answers
) -> None:
    """Note a filter whose least words are more than the tokens of the answer; ``path`` is its entry's.

    A word is at least one token.
    """
    least = check.bounds().get("words", (0, math.inf))[0]
    for column in columns:
        tokens, step = of.get(column, (math.inf, ""))
        if least > tokens:
            key = (*path, check.filter, "words")
            at = key if scene.places.at(key) is not None else path
            enough = math.ceil(least * 2 / 100) * 100
            what = (
                f"Nothing passes: `{column}` must have {least:,.0f} words or more, and its answer has at "
                f"most {tokens:,} tokens (`max_tokens`)."
            )
            fix = (
                f"In the step `{step}` write `sampling: {{max_tokens: {enough}}}` or more (a word is "
                "one token or two); or lower the least words."
            )
            scene.problems.add("SOF211", at, what, fix, at_key=at is path)
