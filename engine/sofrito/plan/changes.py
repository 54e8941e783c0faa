"""One difference between two recipes, and those between two values of a key."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["added", "removed", "changed", "moved", "renamed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where (`models.teacher`, a step's name or ""), which key, before and after.

    ``lines`` are of a text whose lines differ, as `diff -u` writes them.
    """

    where: str
    kind: Kind
    key: str = ""
    before: str = ""
    after: str = ""
    lines: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The difference in words, without where it is."""
        match self.kind:
            case "changed" if self.lines:
                added = sum(line.startswith("+") for line in self.lines)
                removed = sum(line.startswith("-") for line in self.lines)
                return (
                    f"{self.key} changed: {added} line{'s' * (added != 1)} added, {removed} removed"
                )
            case "changed":
                return f"{self.key}: {self.before} -> {self.after}"
            case "added":
                return f"{self.key} added: {self.after}" if self.key else f"added{self._said()}"
            case "removed":
                return f"{self.key} removed: {self.before}" if self.key else "removed"
            case "moved" | "renamed":
                return f"{self.kind}: {self.before} -> {self.after}"

    def _said(self) -> str:
        return f": {self.after}" if self.after else ""


def value_changes(key: str, old: Any, new: Any, where: str) -> Iterator[Change]:
    """Yield what differs between the values of a key, None where it was or is not set."""
    if re.fullmatch(r"axes\.[^.]+\.values", key) and _listed(old) and _listed(new):
        yield from listed_changes(key, [*old], [*new], where)
        return
    if old == new and not (key.startswith("axes") and isinstance(old, dict)):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if key.startswith("axes") and [*old] != [*new] and old.keys() == new.keys():
            yield Change(
                where, "changed", f"order of {key}", on_one_line([*old]), on_one_line([*new])
            )
        for inner in dict.fromkeys([*old, *new]):
            yield from value_changes(f"{key}.{inner}", old.get(inner), new.get(inner), where)
    elif isinstance(old, list) and isinstance(new, list) and _named(old) and _named(new):
        yield from _entries(key, old, new, where)
    elif old is None:
        yield Change(where, "added", key, after=on_one_line(new))
    elif new is None:
        yield Change(where, "removed", key, before=on_one_line(old))
    else:
        yield Change(where, "changed", key, on_one_line(old), on_one_line(new))


def _listed(values: Any) -> bool:
    """Say whether an axis has its values in a list, or could have: all weigh the same."""
    return isinstance(values, dict) and set(values.values()) <= {1.0}


def listed_changes(key: str, old: list[str], new: list[str], where: str) -> Iterator[Change]:
    """Yield which values of an axis come and go, and whether the others change places."""
    added, removed = ([v for v in a if v not in b] for a, b in ((new, old), (old, new)))
    if removed:
        yield Change(where, "removed", key, before=on_one_line(", ".join(removed)))
    if added:
        yield Change(where, "added", key, after=on_one_line(", ".join(added)))
    if [v for v in old if v in new] != [v for v in new if v in old]:
        yield Change(where, "changed", f"order of {key}", on_one_line(old), on_one_line(new))


def _named(entries: Sequence[Any]) -> bool:
    """Say whether a list is one of filters or formats: mappings of one key."""
    return all(isinstance(one, dict) and len(one) == 1 for one in entries)


def _entries(key: str, old: list[Any], new: list[Any], where: str) -> Iterator[Change]:
    """Yield what differs between two lists of filters, each told by its name and which of those it is."""
    noun = {"by": "filter", "output.write": "format"}.get(key, f"{key} filter")
    before, after = _numbered(old), _numbered(new)
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield Change(where, "removed", f"{noun} {name}", before=on_one_line(before[name]))
        elif name not in before:
            yield Change(where, "added", f"{noun} {name}", after=on_one_line(after[name]))
        else:
            yield from value_changes(f"{noun} {name}", before[name], after[name], where)
    both = [name for name in before if name in after]
    if both != [name for name in after if name in before]:
        yield Change(where, "changed", f"order of {noun}s", ", ".join(before), ", ".join(after))


def _numbered(entries: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        ((name, options),) = entry.items()
        number = sum(one.partition(" ")[0] == name for one in found) + 1
        found[name if number == 1 else f"{name} ({number})"] = options
    return found


_LONGEST = 80


def on_one_line(value: Any) -> str:
    """Return a value as one would write it on a line, cut where it is long."""
    from sofrito.recipe.reference_examples import flow

    text = " ".join((value if isinstance(value, str) else flow(value)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
