"""Made-up Python: a program for the function that a prompt asks for, and tests that it passes."""

import json
import re
from random import Random

_DEFINITION = re.compile(r"^[ \t]*def ([A-Za-z_]\w*)\(([A-Za-z_0-9, =]*)\):", re.MULTILINE)
_BODY = "    return [{}]"


def program_for(prompt: str) -> str | None:
    """Return a program with the last function defined in ``prompt``, None where there is none.

    It returns the list of what it is given.
    """
    found = _last(prompt)
    if found is None:
        return None
    name, parameters = found
    given = (one.partition("=")[0].strip() for one in parameters)
    return f"def {name}({', '.join(parameters)}):\n" + _BODY.format(", ".join(given))


def check_for(prompt: str, rng: Random) -> str | None:
    """Return a test that :func:`program_for` of the same function passes, None where there is none."""
    found = _last(prompt)
    if found is None:
        return None
    name, parameters = found
    given = json.dumps([rng.randint(0, 99) for _ in parameters])
    return f"assert {name}({given[1:-1]}) == {given}"


def _last(prompt: str) -> tuple[str, list[str]] | None:
    found = _DEFINITION.findall(prompt)
    if not found:
        return None
    name, parameters = found[-1]
    return name, [one.strip() for one in parameters.split(",") if one.strip()]
