"""What calls cost, in US dollars: the recipe's own price, or a packaged table read offline."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Protocol

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.recipe.price_table import is_sold, price_of

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PRICES = "genai-prices"
_MILLION = 1_000_000


class Tariff(Protocol):
    """What a model's tokens cost; ``source`` says where that is from."""

    @property
    def source(self) -> str:
        """Where the price is from: "recipe", "local", or the table's name and version with the model."""
        ...

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        ...

    def usd(self, read: int, written: int) -> float:
        """Return the dollars of a call that reads and writes so many tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Declared:
    """A price that a recipe names, in dollars for a million tokens; ``source`` says whose it is."""

    read: float
    written: float
    source: str = "recipe"

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        return not self.read and not self.written

    def usd(self, read: int, written: int) -> float:
        """Return the dollars of a call that reads and writes so many tokens."""
        return (read * self.read + written * self.written) / _MILLION


FREE = Declared(0.0, 0.0, "local")


class Listed:
    """A price of the table, which may rise with a prompt's length; ``factor`` is a discount.

    Cached tokens count as others, so that a sum is never too small for it.
    """

    free = False

    def __init__(self, price: "ModelPrice", source: str, factor: float = 1.0) -> None:
        self.source, self._factor = source, factor
        self._usd = lru_cache(4096)(_usd_by(price))

    def usd(self, read: int, written: int) -> float:
        """Return the dollars of a call that reads and writes so many tokens."""
        return float(self._usd(read, written)) * self._factor


def tariffs_of(
    models: Mapping[str, Model], factors: Mapping[str, float] | None = None
) -> dict[str, Tariff | None]:
    """Return what each model costs; None where nobody knows.

    What runs on this machine costs nothing, nor does a server on it. A model of another server
    costs what the recipe's `price` says, as it is, else what the table says for its address and
    name, times its factor (a batch job's discount).
    """
    return {name: _tariff(model, (factors or {}).get(name, 1.0)) for name, model in models.items()}


def _tariff(model: Model, factor: float) -> Tariff | None:
    if model.backend == "openai" and model.price is not None:
        return Declared(model.price.input, model.price.output)
    return _listed(model, factor) if is_sold(model) else FREE


def _listed(model: Model, factor: float) -> Listed | None:
    found = price_of(model)
    if found is None:
        return None
    return Listed(found.model_price, f"{table()}: {found.provider.id}/{found.model.id}", factor)


def _usd_by(price: "ModelPrice"):  # type: ignore[no-untyped-def]
    from genai_prices import Usage

    def usd(read: int, written: int) -> float:
        found = price.calc_price(Usage(input_tokens=read, output_tokens=written))
        return float(found["total_price"])

    return usd


def table() -> str:
    """Return the price table's name and version, "" where it is not installed."""
    try:
        return f"{PRICES} {version(PRICES)}"
    except PackageNotFoundError:
        return ""


def all_priced(tariffs: Mapping[str, Tariff | None], models: Mapping[str, Model]) -> None:
    """Raise Trouble for the models of which no price is known, where money is limited."""
    unknown = [name for name, tariff in tariffs.items() if tariff is None]
    if not unknown:
        return
    names = " and ".join(f"`{name}` ({models[name].model})" for name in unknown)
    install = "" if table() else "Install the price table, pip install 'sofrito[prices]', or "
    add = "add `price: {input: …, output: …}`, in dollars for a million tokens, to the model."
    raise Trouble(
        f"`budget.usd` needs a price of every model asked, and that of {names} is not known.",
        install + add if install else add.capitalize(),
    )
