"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: what is asserted is the result, never the time it took.
settings.register_profile("sofrito", deadline=None, print_blob=True)
settings.load_profile("sofrito")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the reference data that lies beside the checkout; skip where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference data (../shared) is not beside this checkout")
    return folder
