"""What the checks of a recipe's meaning look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from sofrito.problems import RecipeError, did_you_mean
from sofrito.recipe.asked import opened
from sofrito.recipe.base import Key
from sofrito.recipe.check_names import NameCheck
from sofrito.recipe.draft import Broken, Draft
from sofrito.recipe.entries import Check
from sofrito.recipe.model import Recipe
from sofrito.recipe.places import Places, Problems
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.value_types import Gap, Values
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.words import ticked

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pool:
    """What is known of a seed pool: its columns and the number of its rows, None if unknown.

    ``longest`` has the words of the longest text seen in a column, ``values`` what is certain of the
    values of one; ``gaps`` are the columns that some rows lack, or that are null in some. ``ranges``
    are the least and the most of numbers, where all rows are known; ``given`` are these, as steps see
    them.
    """

    columns: frozenset[str] | None = None
    rows: int | None = None
    longest: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    given: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Scene:
    """A drafted recipe, the world around it, and the problems found so far.

    ``used`` has the columns that something was seen to look at, ``axes`` the values of those axes
    where all are known, ``reads`` by index what each step makes its columns of.
    """

    draft: Draft
    problems: Problems
    vocabulary: Vocabulary
    sources: TemplateSources
    environ: Mapping[str, str]
    allow_files: bool = False
    pools: dict[str, Pool] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    axes: dict[str, list[str]] = field(default_factory=dict)
    reads: dict[int, set[str]] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        """The recipe, with stand-ins for what is broken."""
        return self.draft.recipe

    @property
    def places(self) -> Places:
        """Where its parts stand."""
        return self.problems.places

    @cached_property
    def names(self) -> NameCheck:
        """The check of templates and expressions."""
        return NameCheck(self.problems, self.sources)

    def steps(self) -> Iterator[tuple[int, Verb]]:
        """Yield the steps that are sound, with their index."""
        for index, step in enumerate(self.recipe.steps):
            if not isinstance(step, Broken):
                yield index, step

    @property
    def all_steps_sound(self) -> bool:
        """Whether no step is broken, nor a chain that it may use."""
        return self.draft.whole("steps") and self.draft.whole("chains")

    def expanded(self, check: Check) -> Iterator[Check]:
        """Yield the filters that an entry of a chain stands for: itself, or a named chain's."""
        return opened(check, self.recipe.chains)

    def guarded(self, path: Key, read: Callable[[], T]) -> T | None:
        """Return what is read, or None with its problems noted."""
        try:
            return read()
        except RecipeError as error:
            for one in error.problems:
                self.problems.add(
                    one.code, path, one.what, one.fix, severity=one.severity, where=one.where
                )
            return None

    def declared(self, kind: str, name: str, path: Key) -> bool:
        """Say whether a model, pool or chain is declared; where it is not, note it."""
        code, noun = UNDECLARED[kind]
        known: Mapping[str, object] = getattr(self.recipe, kind)
        if name in known or not (self.draft.sound(kind) and self.draft.sound(kind, name)):
            return True
        declare = f"Declare it under `{kind}`."
        if known:
            declare = f"Declared under `{kind}`: {ticked(known)}."
        fix = f"{did_you_mean(name, known)} {declare}".strip()
        what = f"There is no {noun} `{name}`."
        self.problems.add(code, path, what, fix, missing=(kind, name))
        return False


UNDECLARED = {
    "models": ("SOF203", "model"),
    "seeds": ("SOF204", "seed pool"),
    "chains": ("SOF205", "filter chain"),
}
"""The code and the noun for what is not declared, by the key where it should be."""
