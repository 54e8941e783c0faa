"""Every diagnostic code, with what explains it; a code is never reused.

A new one goes into the file of its layer, with an example that a test runs; its page in the docs is
then written by `sofrito schema --write`.
"""

from sofrito.problems.code import Code, completed
from sofrito.problems.codes_file import FILE
from sofrito.problems.codes_layers import LAYERS
from sofrito.problems.codes_meaning import NAMES
from sofrito.problems.codes_sense import SENSE
from sofrito.problems.codes_structure import STRUCTURE

CODES: dict[str, Code] = dict(sorted({**FILE, **STRUCTURE, **NAMES, **SENSE, **LAYERS}.items()))

__all__ = ["CODES", "Code", "completed"]
