"""What a dataset card tells beyond the rows and the recipe, and what an export leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ModelFacts:
    """A model as it was used: its name in the recipe, its identity, its licence if known.

    ``accepted`` says why its terms were accepted, where they restrict training.
    """

    name: str
    identity: Mapping[str, Any]
    license: str = ""
    accepted: str = ""


@dataclass(frozen=True)
class StepFacts:
    """A step's accounting, in rows: in + made = out + rejected + failed + joined + surplus.

    ``counted`` is what the step counted on its way, by what it is called.
    """

    step: str
    entered: int
    made: int
    out: int
    rejected: int
    failed: int
    joined: int
    surplus: int
    counted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CardFacts:
    """What the run knows and the card tells; the card of equal facts and rows is equal to the byte.

    ``wanted`` is the recipe's `rows` as run, None where every seed row was tried. ``versions`` are
    those of what made the rows, by package. ``notes`` are what the user should know of the run.
    """

    fingerprint: str
    wanted: int | None
    models: tuple[ModelFacts, ...]
    steps: tuple[StepFacts, ...]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportedFile:
    """A file: its path below the run folder, its size in bytes, its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Exported:
    """What an export wrote: rows by format and split, the files, and what the user should know."""

    rows: Mapping[str, Mapping[str, int]]
    files: tuple[ExportedFile, ...]
    notes: tuple[str, ...] = field(default=())
