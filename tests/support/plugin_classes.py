"""Classes as packages bring them, good ones and broken ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from sofrito.filters.base import KEPT, Columns, Filter, RowFilter, Values, Verdict
from sofrito.formats.base import Format, Type
from sofrito.recipe.base import Part
from sofrito.steps.base import Bench, Step
from sofrito.steps.sampling import Sampling as OurSampling
from sofrito.steps.work import Operation


class Room(Part):
    """Where it is said."""

    echo: bool = False
    """Whether it comes back."""


class Runs(Step):
    """A verb that does nothing."""

    def operations(self, bench: Bench) -> list[Operation]:
        return []


class Shout(Runs):
    """Writes columns in capitals."""

    verb: ClassVar[str] = "shout"

    shout: str
    """The column."""

    volume: int = 11
    """How loud."""

    room: Room = Room()
    """Where."""

    sampling: OurSampling = OurSampling()
    """As elsewhere."""


class Limit(RowFilter):
    """Keeps what is short."""

    filter: ClassVar[str] = "limit"
    shorthand: ClassVar[str] = "most"

    most: int = 9
    """The most characters."""

    def judge(self, values: Values, columns: Columns) -> Verdict:
        return KEPT


class Lines(Format):
    """Writes lines."""

    format: ClassVar[str] = "lines"

    line: str = "text"
    """The column."""

    def shape(self) -> dict[str, Type]:
        return {"line": "string"}

    def record(self, values: Values) -> dict[str, Any]:
        return {"line": values[self.line]}


def bell(name: str, model: Any, folder: Path) -> Any:
    return f"{name} in {folder.name} is no teacher"


class Mute(Runs):
    verb: ClassVar[str] = "mute"

    mute: str
    """The column."""


class Mumble(Runs):
    """Says it unclearly."""

    verb: ClassVar[str] = "mumble"

    mumble: str
    """The column."""

    loud: bool = False


class Idle(Step):
    """Does nothing."""

    verb: ClassVar[str] = "idle"

    idle: str
    """The column."""


class Aimless(Runs):
    """Is about nothing."""

    verb: ClassVar[str] = "aimless"


class Lax(RowFilter):
    """Lets all pass."""

    filter: ClassVar[str] = "lax"


class Vague(Filter):
    """Is of no kind."""

    filter: ClassVar[str] = "vague"


class Blank(Format):
    """Writes nothing."""

    format: ClassVar[str] = "blank"


class Nosy(Runs):
    """Has an option that is a verb."""

    verb: ClassVar[str] = "nosy"

    nosy: str
    """The column."""

    judge: str = ""
    """A verb's name."""


class Odd(Runs):
    """Has an option that no YAML has."""

    verb: ClassVar[str] = "odd"

    odd: str
    """The column."""

    call: Callable[[], int] = int
    """A function."""


class Sampling(Part):
    """Bears a name of Sofrito's."""

    heat: int = 1
    """How hot."""


class Twin(Runs):
    """Has a model of a name that is taken."""

    verb: ClassVar[str] = "twin"

    twin: str
    """The column."""

    sampling: Sampling = Sampling()
    """How."""
