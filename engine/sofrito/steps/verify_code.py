"""Programs that must pass tests, as a step of `verify` says it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sofrito.recipe.base import Part
from sofrito.recipe.field_types import NAME
from sofrito.recipe.values import text_of
from sofrito.steps.verify_found import Found, failed
from sofrito.teachers.call import RunProgram

_BLOCK = re.compile(
    r"^[ \t]*```[ \t]*(?:python3?|py)?[ \t]*\n(.*?)^[ \t]*```",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


class Code(Part):
    """Tests that a program must pass, and what it may use."""

    example: ClassVar[Mapping[str, Any]] = {"tests": "tests"}

    tests: Annotated[str, Field(pattern=NAME)]
    """The column with the tests: Python that runs after the program and sees its names, such as \
asserts; or a list of such texts."""

    entry_point: Annotated[str, Field(pattern=f"^$|{NAME}")] = ""
    """The column with the name of a function of the program; the tests' `check(candidate)` is called \
with it, as in HumanEval."""

    language: Literal["python"] = "python"
    """The language of the program and its tests."""

    seconds: Annotated[float, Field(gt=0, le=600)] = 5.0
    """How long program and tests may take together. What passes is run once more, with tests that \
cannot pass: a program that passes these as well is `forged`."""

    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 256
    """Megabytes (2^20 bytes) of memory they may have, those of Python itself included."""

    runner: Literal["wasm", "bwrap", "unsafe"] = "wasm"
    """Where they run: `wasm` is CPython in WebAssembly, compiled for a machine once (some minutes, \
3 GB of memory); `bwrap` is this machine's Python in Linux namespaces; `unsafe` is a bare process, \
which can read your files and reach the network, and runs only where the environment has \
`SOFRITO_ALLOW_UNSAFE=1`."""

    def call(self, values: Mapping[str, Any], answer: str, model: str) -> RunProgram | Found:
        """Return the run to ask for, or what is found without one."""
        tests = values.get(self.tests)
        listed = tests if isinstance(tests, list | tuple) else [tests]
        text = "\n".join(_code(text_of(one)) for one in listed if one is not None)
        if not text.strip():
            return failed("no tests", f"`{self.tests}` is empty")
        if self.entry_point:
            name = text_of(values.get(self.entry_point))
            if not name.isidentifier():
                return failed("no tests", f"`{self.entry_point}` is no name of a function")
            text += f"\ncheck({name})"
        return RunProgram(model, _code(answer), text, self.seconds, self.memory_mb)


def _code(text: str) -> str:
    """Return the blocks of code of an answer, joined; the whole text where there are none."""
    plain = text.encode("utf-8", "replace").decode()
    return "\n".join(_BLOCK.findall(plain)) or plain
