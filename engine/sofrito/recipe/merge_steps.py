"""Merges `steps` that are a mapping: what is other in the steps of the recipe that is extended."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.merge import Piece, merged, of_list, of_mapping
from sofrito.recipe.places import Origin
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import described, ticked

_LIKE = 0.75
"""How much like a verb a key must be to be taken for one; the shortest options are like any."""

_NONE = "It has no steps: give this one a verb."
_PLACING = ("before", "after")


@dataclass(frozen=True)
class _Step:
    label: str
    piece: Piece


def merged_steps(
    base: Piece, own: Piece, verbs: Mapping[str, type[Verb]], problems: list[Problem]
) -> tuple[Piece, dict[str, Origin]]:
    """Return the base's list of steps with one's own mapping applied to it, in its order.

    Beside it, the columns that steps of the base were about and are no more, each with what changed
    the step.

    A step is named as in reports. A mapping is merged into it, null removes it, a step with a verb of
    its own takes its place. A name that the base has not is a new step. `before` and `after` place a
    step; a new one without is the last. What cannot be done is added to the problems.
    """
    steps = _Steps(base, verbs, problems)
    for label, piece in own.items().items():
        steps.apply(label, piece)
    steps.place()
    return of_list([step.piece for step in steps.steps], own.origins[()]), steps.lost


def labels(steps: Sequence[Any], verbs: Collection[str]) -> list[str]:
    """Return what each step is called, as :meth:`Recipe.labels` does; "" for what is no step."""
    seen: dict[str, int] = {}
    found = []
    for step in steps:
        label = _label(step, verbs)
        seen[label] = times = seen.get(label, 0) + 1
        found.append(label if times == 1 or not label else f"{label} ({times})")
    return found


def _label(step: Any, verbs: Collection[str]) -> str:
    verb = _verb(step, verbs)
    if not verb:
        return ""
    name, about = step.get("name"), step[verb]
    if isinstance(name, str) and name:
        return name
    return f"{verb} {'+'.join(_listed(about))}"


def _listed(about: Any) -> list[str]:
    return [str(one) for one in (about if isinstance(about, list) else [about])]


def _verb(step: Any, verbs: Collection[str]) -> str:
    return next((key for key in step if key in verbs), "") if isinstance(step, dict) else ""


class _Steps:
    def __init__(
        self, base: Piece, verbs: Mapping[str, type[Verb]], problems: list[Problem]
    ) -> None:
        named = enumerate(labels(base.data, verbs))
        self.steps = [_Step(label, base.inner(index)) for index, label in named]
        self._placing: dict[str, dict[str, Piece]] = {}
        self._verbs, self._problems = verbs, problems
        self.lost: dict[str, Origin] = {}
        self._makers: dict[str, str] = {}
        for step in self.steps:
            for column in self._columns(step.piece.data):
                self._makers.setdefault(column, step.label)

    def apply(self, label: str, piece: Piece) -> None:
        """Change, replace, remove, move or add the step of a name."""
        at = self._index(label)
        if piece.data is None and at is not None:
            self._lose(label, self.steps.pop(at).piece.data, None, piece)
        elif not isinstance(piece.data, dict) and piece.data is not None:
            what = f"What is other in the step `{label}` is a mapping, not {described(piece.data)}."
            self._wrong("SOF103", piece, what, "Such as `{sampling: {temperature: 0}}`.")
        elif at is None and not _verb(piece.data, self._verbs):
            if self._misspelt_verb(piece, label):
                return
            what = f"The recipe that is extended has no step `{label}`, and a new one has a verb."
            self._unknown(piece, what, label, at_key=True)
        else:
            parts = piece.items()
            placing = {key: parts.pop(key) for key in _PLACING if key in parts}
            own = of_mapping(parts, piece.origins[()])
            if at is None:
                self.steps.append(_Step(label, self._named(own, label)))
            else:
                old = self.steps[at].piece
                self.steps[at] = _Step(label, self._changed(old, own))
                self._lose(label, old.data, self.steps[at].piece.data, piece)
            self._placing[label] = placing

    def place(self) -> None:
        """Put the steps where they shall stand, in the order in which that was said."""
        for label, placing in self._placing.items():
            self._place(label, placing)

    def _lose(self, label: str, old: Any, new: Any, piece: Piece) -> None:
        """Remember the columns that a step is no more about, if no step before it was."""
        kept = self._columns(new)
        for column in self._columns(old):
            if column not in kept and self._makers[column] == label:
                self.lost[column] = piece.origins[()]

    def _columns(self, step: Any) -> list[str]:
        verb = _verb(step, self._verbs)
        if not verb:
            return []
        own = self._verbs[verb].model_fields.get("as_")
        record = step.get("as", own.default if own else None)
        return [*_listed(step[verb]), *([record] if isinstance(record, str) and record else [])]

    def _misspelt_verb(self, piece: Piece, label: str) -> bool:
        """Note a new step whose first key is nearly a verb, and say whether it is."""
        key = next(iter(piece.data or ()), "")
        near = get_close_matches(key, self._verbs, n=1, cutoff=_LIKE)
        if not near or self._nearest(label, self._labels()):
            return False
        what = f"`{key}` is not a verb, and `{label}` is no step of the recipe that is extended."
        self._wrong("SOF105", piece.inner(key), what, f"Did you mean `{near[0]}`?", at_key=True)
        return True

    def _changed(self, old: Piece, own: Piece) -> Piece:
        verb = _verb(own.data, self._verbs)
        another = verb and verb != _verb(old.data, self._verbs)
        return own if another else merged(old, own)

    def _named(self, own: Piece, label: str) -> Piece:
        """Return a new step with its name, unless it is called so anyway."""
        if own.data.get("name") or _label(own.data, self._verbs) == label:
            return own
        name = Piece(label, {(): own.origins[()]})
        return of_mapping({**own.items(), "name": name}, own.origins[()])

    def _place(self, label: str, placing: dict[str, Piece]) -> None:
        if len(placing) > 1:
            what = f"The step `{label}` has `before` and `after`; one of them is enough."
            self._wrong("SOF231", placing["after"], what, "Keep one.", at_key=True)
            return
        for key, piece in placing.items():
            at, beside = self._index(label), self._index(piece.data)
            if beside is None or at is None or beside == at:
                what = f"There is no step `{piece.data}` to stand {key}."
                self._unknown(piece, what, str(piece.data), without=label)
                return
            step = self.steps.pop(at)
            beside -= at < beside
            self.steps.insert(beside + (key == "after"), step)

    def _index(self, label: Any) -> int | None:
        return next((i for i, step in enumerate(self.steps) if step.label == label), None)

    def _unknown(
        self, piece: Piece, what: str, name: str, *, without: str = "", at_key: bool = False
    ) -> None:
        known = self._labels(without)
        fix = self._nearest(name, known) or (f"There are {ticked(known)}." if known else _NONE)
        self._wrong("SOF231", piece, what, fix, at_key=at_key)

    def _labels(self, without: str = "") -> list[str]:
        return [step.label for step in self.steps if step.label not in ("", without)]

    def _nearest(self, name: str, known: list[str]) -> str:
        """Return the step that a name is meant for: one with these columns among its own, or alike."""
        verb, _, columns = name.partition(" ")
        wanted = columns.split("+")
        for one in known if columns else ():
            if one.startswith(f"{verb} ") and {*wanted} <= {*one[len(verb) + 1 :].split("+")}:
                return f"Did you mean `{one}`?"
        return did_you_mean(name, known)

    def _wrong(self, code: str, piece: Piece, what: str, fix: str, *, at_key: bool = False) -> None:
        origin = piece.origins[()]
        document = origin.document
        where = document.key_span(origin.path) if at_key else document.span(origin.path)
        self._problems.append(Problem(code, where, what, fix))
