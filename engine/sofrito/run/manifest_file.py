"""What `manifest.json` of a run folder holds: the published form of what `run.manifest` writes."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from sofrito.recipe.base import Part
from sofrito.run.engine import Status

Counts = dict[str, Annotated[int, Field(ge=0)]]
_Whole = Annotated[int, Field(ge=0)]
_MaybeWhole = Annotated[int | None, WithJsonSchema({"type": ["integer", "null"], "minimum": 1})]
_MaybeMoney = Annotated[float | None, WithJsonSchema({"type": ["number", "null"], "minimum": 0})]


class StepAccount(Part):
    """The accounting of a step: in + made = out + rejected + failed + joined + surplus."""

    step: str
    """The step's name; `candidates` is what was started, `output` what was kept."""

    in_: _Whole = Field(alias="in")
    """Rows that came in."""

    made: _Whole
    """Rows that began here: candidates, siblings."""

    out: _Whole
    """Rows handed on."""

    rejected: Counts
    """Rows rejected, by the reason."""

    failed: Counts
    """Rows that failed, by the cause."""

    joined: _Whole
    """Rows that became part of another row."""

    surplus: _Whole
    """Rows that were not needed any more; of candidates, their number depends on luck."""

    counted: Counts
    """What the step counted on its way, such as how often a judge agreed with itself."""


class CallCounts(Part):
    """The calls of the last session."""

    asked: _Whole
    """Calls that a teacher answered."""

    checks: _Whole
    """Programs that the sandbox ran, and comparisons of mathematics; no teacher is asked, so no budget \
counts them."""

    replayed: _Whole
    """Calls and checks whose answer was in the journal."""

    tries: _Whole
    """Tries of calls and checks, those that failed included."""

    prompt_tokens: _Whole
    """Tokens read by teachers."""

    completion_tokens: _Whole
    """Tokens written by teachers."""


class SessionsSpent(Part):
    """What all sessions of the run spent, those that were stopped or killed included."""

    calls: _Whole
    """Calls to teachers, each try counted."""

    tokens: _Whole
    """Tokens read and written by teachers; of a try whose tokens nobody told, those that the budget \
had reserved for it."""


class ModelBill(Part):
    """What a model cost over all sessions."""

    usd: _MaybeMoney
    """US dollars; null where a price is not known."""

    known_usd: float = Field(ge=0)
    """US dollars of the answers whose price is known."""

    unpriced_answers: _Whole
    """Answers whose price nobody knows."""

    price: str
    """Where the price is from."""


class Bill(Part):
    """What the run cost over all sessions."""

    usd: _MaybeMoney
    """US dollars; null where a price is not known."""

    known_usd: float = Field(ge=0)
    """US dollars of the answers whose price is known."""

    models: dict[str, ModelBill]
    """The same by model."""

    prices: str
    """The price table and its version, where one was used."""


class WrittenFile(Part):
    """A file of the run folder."""

    path: str
    """Its path below the run folder."""

    size: _Whole
    """Its size in bytes."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Its SHA-256 in hex."""


class ManifestFile(Part):
    """The manifest of a run: what was run, how it ended, what came of it."""

    sofrito: str
    """The version of Sofrito that wrote it."""

    python: str
    """The version of Python."""

    packages: dict[str, str]
    """The versions of the packages that made the rows."""

    recipe: str
    """The recipe's name."""

    title: str
    """The recipe's title."""

    fingerprint: str = Field(pattern="^[0-9a-f]+$")
    """What the dataset is a function of, as 16 hex digits: also the run folder's name."""

    status: Status
    """How the run ended: with all rows, short of them, at its budget, interrupted, or without hope."""

    reason: str
    """Why it ended before all rows were there, in words."""

    seed: int
    """The recipe's seed."""

    rows: _Whole
    """Rows accepted."""

    wanted: _MaybeWhole
    """Rows asked for; null where every seed row was tried."""

    extends: str
    """The recipe that this one is built on, or an empty text."""

    params: dict[str, Any]
    """The parameters' values."""

    terms: dict[str, str]
    """Why the terms of a model that restrict training were accepted, in the user's words, by model."""

    models: dict[str, dict[str, Any]]
    """What identifies each model, by its name in the recipe."""

    accounting: tuple[StepAccount, ...]
    """What became of the rows, step by step."""

    short_cells: Counts
    """Rows that cells of the grid lack, by cell."""

    calls: CallCounts
    """The calls of the last session."""

    seconds: float = Field(ge=0)
    """Seconds of the last session."""

    cost: Bill
    """What the run cost over all sessions."""

    spent: SessionsSpent
    """What the run spent over all sessions."""

    files: tuple[WrittenFile, ...]
    """The files that were written."""

    notes: tuple[str, ...]
    """What a reader of the dataset would not expect."""
