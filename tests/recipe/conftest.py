"""What the tests of recipes share."""

import pytest

from sofrito.plan.vocabulary import vocabulary as built_in
from sofrito.recipe.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Return the built-in vocabulary."""
    return built_in()
