"""The verbs, filters, formats and backends there are: built in, and from installed packages."""

from functools import cache

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.recipe.base import Vocabulary
from sofrito.steps import VERBS
from sofrito.teachers.llama.gbnf import inexpressible

BACKENDS = ("llama.cpp", "openai", "transformers", "wordllama", "scripted")


@cache
def vocabulary() -> Vocabulary:
    """Return everything a recipe may use."""
    return Vocabulary(VERBS, FILTERS, FORMATS, BACKENDS, {"llama.cpp": inexpressible})
