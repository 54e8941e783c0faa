"""Merges `steps` that are a mapping: what is other in the steps of the recipe that is extended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.merge import Piece, merged, of_list, of_mapping
from sofrito.recipe.words import described, ticked

_PLACING = ("before", "after")


@dataclass(frozen=True)
class _Step:
    label: str
    piece: Piece


def merged_steps(base: Piece, own: Piece, verbs: Collection[str], problems: list[Problem]) -> Piece:
    """Return the base's list of steps with one's own mapping applied to it, in its order.

    A step is named as in reports. A mapping is merged into it, null removes it, a step with a verb of
    its own takes its place. A name that the base has not is a new step. `before` and `after` place a
    step; a new one without is the last. What cannot be done is added to the problems.
    """
    steps = _Steps(base, verbs, problems)
    for label, piece in own.items().items():
        steps.apply(label, piece)
    steps.place()
    return of_list([step.piece for step in steps.steps], own.origins[()])


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
    columns = about if isinstance(about, list) else [about]
    return f"{verb} {'+'.join(map(str, columns))}"


def _verb(step: Any, verbs: Collection[str]) -> str:
    return next((key for key in step if key in verbs), "") if isinstance(step, dict) else ""


class _Steps:
    def __init__(self, base: Piece, verbs: Collection[str], problems: list[Problem]) -> None:
        named = enumerate(labels(base.data, verbs))
        self.steps = [_Step(label, base.inner(index)) for index, label in named]
        self._placing: dict[str, dict[str, Piece]] = {}
        self._verbs, self._problems = verbs, problems

    def apply(self, label: str, piece: Piece) -> None:
        """Change, replace, remove, move or add the step of a name."""
        at = self._index(label)
        if piece.data is None and at is not None:
            del self.steps[at]
        elif not isinstance(piece.data, dict) and piece.data is not None:
            what = f"What is other in the step `{label}` is a mapping, not {described(piece.data)}."
            self._wrong("SOF103", piece, what, "Such as `{sampling: {temperature: 0}}`.")
        elif at is None and not _verb(piece.data, self._verbs):
            what = f"The recipe that is extended has no step `{label}`, and a new one has a verb."
            self._unknown(piece, what, label, at_key=True)
        else:
            parts = piece.items()
            placing = {key: parts.pop(key) for key in _PLACING if key in parts}
            own = of_mapping(parts, piece.origins[()])
            if at is None:
                self.steps.append(_Step(label, self._named(own, label)))
            else:
                self.steps[at] = _Step(label, self._changed(self.steps[at].piece, own))
            self._placing[label] = placing

    def place(self) -> None:
        """Put the steps where they shall stand, in the order in which that was said."""
        for label, placing in self._placing.items():
            self._place(label, placing)

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
        known = [step.label for step in self.steps if step.label not in ("", without)]
        fix = did_you_mean(name, known, otherwise=f"There are {ticked(known)}." if known else "")
        self._wrong("SOF231", piece, what, fix, at_key=at_key)

    def _wrong(self, code: str, piece: Piece, what: str, fix: str, *, at_key: bool = False) -> None:
        origin = piece.origins[()]
        document = origin.document
        where = document.key_span(origin.path) if at_key else document.span(origin.path)
        self._problems.append(Problem(code, where, what, fix))
