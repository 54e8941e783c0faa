"""What a diagnostic code stands for: the one source of `sofrito explain` and of its page in the docs."""

import re
from dataclasses import dataclass

_REST = {
    "recipe": "recipe: example\n",
    "rows": "rows: 10\n",
    "steps": "steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n",
    "output": "output: {write: [raw]}\n",
}
_KEY = re.compile(r"^(\w+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem.

    ``title`` is a sentence, ``means`` says more, ``why`` tells why it matters, ``instead`` what to
    do. ``wrong`` is an example that has the problem, ``right`` the same mended: YAML to which
    :func:`completed` adds the rest of a recipe unless it is ``whole``. ``encoding`` is the one that
    the file is saved in.
    """

    title: str
    means: str
    why: str
    instead: str
    wrong: str = ""
    right: str = ""
    whole: bool = False
    encoding: str = "utf-8"


def completed(code: Code, example: str) -> str:
    """Return an example of a code as a whole file: the keys that a recipe needs are added below it."""
    if code.whole:
        return example
    there = set(_KEY.findall(example))
    skipped = {"rows"} if "from" in there else set()
    return example + "".join(
        text for key, text in _REST.items() if key not in there and key not in skipped
    )
