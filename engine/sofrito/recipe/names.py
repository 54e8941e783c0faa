"""The names that templates and expressions may use at some place of a recipe."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sofrito.problems import did_you_mean
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.value_types import Gap, Values
from sofrito.recipe.words import ticked

LISTED = 12
"""Names that are listed where none is near."""

APART = "who imports it"
"""Who makes the names that a template sees only if it is imported with its context."""

_IMPORTED = "An imported template sees none of the row: pass it, or import `with context`."


@dataclass(frozen=True)
class Names:
    """The names known at some place, each with who makes it.

    ``open`` where something broken may have made more, so that an unknown name proves nothing;
    ``later`` are the names that steps further down make, with the step, ``making`` those that this
    step makes itself. ``shots`` are the fields that the rows drawn as shots have, None if nobody can
    tell, ``drawn`` how many shots there are at most, 0 if nobody can tell and None if there are none.
    ``nulls`` are null in some rows, or absent, by `column` or `shots.field`. ``records`` are the
    fields of those names whose value is a record. ``gone`` ended with their siblings at a step.
    ``unset`` would be there if the step said what their value is. In those ``apart``, the siblings
    that are compared differ. ``odd`` are columns that cannot be named, by a name that would do.
    ``values`` is what is known of values, by `column` or `record.field`, ``ranges`` the least and the
    most of numbers. ``replaced`` are the blocks of a template that one which extends it does not show.
    """

    known: Mapping[str, str]
    open: bool = False
    later: Mapping[str, str] = field(default_factory=dict)
    shots: frozenset[str] | None = None
    drawn: int | None = None
    nulls: Mapping[str, Gap] = field(default_factory=dict)
    records: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    unset: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    values: Mapping[str, Values] = field(default_factory=dict)
    odd: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    kept: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    making: frozenset[str] = frozenset()

    def having(self, more: Iterable[str], who: str) -> "Names":
        """Return these names and more."""
        added = dict.fromkeys(more, who)
        if not added:
            return self
        kept = {name: one for name, one in self.values.items() if name.split(".")[0] not in added}
        nulls = {name: one for name, one in self.nulls.items() if name.split(".")[0] not in added}
        return replace(self, known={**self.known, **added}, values=kept, nulls=nulls)

    def typed(self, read: Collection[str]) -> dict[str, Values]:
        """Return what is known of the values of the names that are ``read``, and of their fields."""
        own = {name: self.values[name] for name in read if name in self.values}
        dotted = (path for path in self.values if "." in path)
        own |= {path: self.values[path] for path in dotted if path.split(".")[0] in read}
        found = {name: Values("record") for name in self.records if name in read}
        for path, one in own.items():
            record, _, last = path.rpartition(".")
            if "." in record:
                fields = found[record].fields if record in found else {}
                found[record] = Values("record", fields={**fields, last: one}, whole=True)
        return {**found, **own}

    def fix(self, name: str) -> str:
        """Return what to do about a name that is not among these."""
        if name == "shots":
            return "Draw them in this step: `shots: [{draw: 3, from: POOL}]`."
        if name == PARAMS:
            return "The recipe declares no parameters: `params: {NAME: DEFAULT}`."
        if name in self.unset:
            return self.unset[name]
        if name in self.apart:
            return "Siblings that are compared differ in it. What is judged of them is in `judged`."
        if name in self.gone:
            step = self.gone[name]
            return f"It ended with its siblings, at `{step}`: `collect` takes along what is needed."
        if name in self.odd:
            called = self.odd[name]
            return f"The column is called `{called}`, which cannot be named: rename it in the file."
        having = next((one for one in self.records if name in self.records[one]), "")
        near = f"Did you mean `{having}.{name}`?" if having else did_you_mean(name, self.known)
        later = name if name in self.later else did_you_mean(name, self.later)[14:-2]
        guess = "" if later == name else f"Did you mean `{later}`? "
        if self.later.get(later) == APART:
            return f"{guess}{_IMPORTED}"
        if name in self.making:
            near = "This step makes it: only its `keep` and the steps below have it."
        elif later and not near:
            return f"{guess}It is made later, by `{self.later[later]}`: move this below that step."
        listed = ticked(sorted(self.known)[:LISTED]) or "nothing"
        more = ", …" if len(self.known) > LISTED else ""
        return f"{near} Known here: {listed}{more}.".lstrip()
