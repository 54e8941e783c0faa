"""What the packaged table of prices knows of a server's model, read offline."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from sofrito.recipe.machine import on_this_machine
from sofrito.recipe.model import Model

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

_PACKAGE = "genai_prices"


def is_sold(model: Model) -> bool:
    """Whether a model costs something: one of a server that is not on this machine."""
    return model.backend == "openai" and not on_this_machine(model.base_url)


def has_table() -> bool:
    """Whether the table is installed."""
    return find_spec(_PACKAGE) is not None


def price_of(model: Model) -> "PriceCalculation | None":
    """Return what the table says of a model, by its server's address and its name there.

    None where the table does not know it, or is not installed.
    """
    if not has_table():
        return None
    from genai_prices import Usage, calc_price

    try:
        usage = Usage(input_tokens=1, output_tokens=1)
        return calc_price(usage, model.model, provider_api_url=model.base_url)
    except LookupError:
        return None
