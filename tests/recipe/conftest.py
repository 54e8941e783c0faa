"""What the tests of recipes share."""

import pytest

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.recipe.base import Vocabulary
from sofrito.steps import VERBS


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Return the built-in vocabulary."""
    return Vocabulary(VERBS, FILTERS, FORMATS, ("llama.cpp", "openai", "scripted"))
