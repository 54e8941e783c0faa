"""A recipe from data that may be wrong: what cannot be used is put aside, the rest is there."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.fault import CODES
from sofrito.recipe.field_types import NAME
from sofrito.recipe.model import Model, Param, Recipe
from sofrito.recipe.model_output import Output
from sofrito.recipe.model_rows import Axis, Seeds
from sofrito.recipe.overrides import replaced
from sofrito.recipe.places import MOST, Places, Problems
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.words import label, sentence

_NAMES = re.compile(NAME.strip("^$"))


class Broken(Verb):
    """Stands for a step that cannot be used, but whose columns can be told."""

    verb: ClassVar[str] = "broken"

    columns: tuple[str, ...] = ()
    """The columns it may make."""

    known: bool = True
    """Whether these are all of them."""

    @property
    def object(self) -> tuple[str, ...]:
        """The columns it may make."""
        return self.columns


@dataclass(frozen=True)
class Draft:
    """A recipe, and the paths of those parts of it that only stand in for something broken."""

    recipe: Recipe
    broken: frozenset[Key] = frozenset()

    def sound(self, *path: str | int) -> bool:
        """Say whether a part is what the file says."""
        return not any(path[: len(one)] == one for one in self.broken)

    def whole(self, *path: str | int) -> bool:
        """Say whether a part and everything in it is what the file says."""
        return self.sound(*path) and not any(one[: len(path)] == path for one in self.broken)


def draft(problems: Problems, vocabulary: Vocabulary) -> Draft | None:
    """Build a recipe of the data, without the parts in which problems were found already.

    What the models find is added to the problems. None if no recipe can be made of it at all, or
    if more is wrong with it than is told.
    """
    errors = [one for one in problems.found if one.problem.severity == "error"]
    if len({one.problem for one in errors}) >= MOST:
        return None
    data = as_written(problems.places)
    broken: set[Key] = set()
    aside = [one.path for one in errors]
    for _ in range(4):
        for path in aside:
            unit = _unit(path)
            if not unit:
                return None
            if not any(unit[:length] in broken for length in range(1, len(unit) + 1)):
                broken.add(unit)
                data = _without(data, unit, vocabulary)
        try:
            return Draft(Recipe.model_validate(data, context=vocabulary), frozenset(broken))
        except ValidationError as error:
            aside = [_note(problems, one, vocabulary) for one in _innermost(error.errors())]
    return None


def as_written(places: Places) -> Any:
    """Return the data with the values of the axes as texts, `1.10` being no number."""
    data = places.data
    for path in axis_texts(places):
        data = replaced(data, path, places.source(path))
    return data


def axis_texts(places: Places) -> Iterator[Key]:
    """Yield the paths of the values of axes that are lists: they are texts, taken as written."""
    axes = places.at(("axes",))
    for name in axes if isinstance(axes, dict) else ():
        values = places.at(("axes", name, "values"))
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if not isinstance(value, list | dict):
                yield ("axes", name, "values", index)


def choice_texts(places: Places) -> Iterator[Key]:
    """Yield the paths of the answers a step allows: texts, whatever YAML could read in them."""
    steps = places.at(("steps",))
    for index in range(len(steps) if isinstance(steps, list) else 0):
        choices = places.at(("steps", index, "parse", "choice"))
        for number in range(len(choices) if isinstance(choices, list) else 0):
            yield ("steps", index, "parse", "choice", number)


def column_texts(places: Places, names: Container[str]) -> Iterator[Key]:
    """Yield the paths of texts in the steps and the output that are these names of columns."""
    waiting: list[tuple[Key, Any]] = [((key,), places.at((key,))) for key in ("steps", "output")]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and value in names:
            yield path
        elif isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*path, key), one) for key, one in inner]


def _unit(path: Key) -> Key:
    """Return the part that is put aside for a problem at a path."""
    match path:
        case ("steps", int(), "by" | "undo", int(), *_):
            return path[:4]
        case ("chains", _, int(), *_) | ("output", "write", int(), *_):
            return path[:3]
        case ("steps", int(), *_) | ("models" | "seeds" | "axes" | "chains" | "params", str(), *_):
            return path[:2]
        case ("output", "splits" | "files" | "order" | "review" | "mix", *_):
            return path[:2]
    return path[:1]


def _without(data: Mapping[str, Any], unit: Key, vocabulary: Vocabulary) -> Any:
    match unit:
        case ("steps", int(index)):
            stand_in: Any = _broken(data["steps"][index], vocabulary)
        case ("steps",):
            stand_in = [Broken(known=False)]
        case ("output", "write", int()):
            stand_in = Writer()
        case ("steps", int(), "by" | "undo", int()) | ("chains", _, int()):
            stand_in = Check()
        case ("output",):
            stand_in = Output.model_construct(write=())
        case ("recipe",):
            stand_in = "unnamed"
        case (str(kind), str(name)) if kind in _STAND_INS and re.search(NAME, name):
            stand_in = _STAND_INS[kind]
        case _:
            return _removed(data, unit)
    return replaced(data, unit, stand_in)


_STAND_INS: dict[str, Any] = {
    "models": Model(),
    "seeds": Seeds(),
    "axes": Axis(),
    "chains": (),
    "params": Param(),
}


def _removed(data: Mapping[str, Any], unit: Key) -> Any:
    *most, last = unit
    inner: Any = data
    for part in most:
        inner = inner[part]
    return replaced(data, tuple(most), {key: inner[key] for key in inner if key != last})


def _broken(step: Any, vocabulary: Vocabulary) -> Broken:
    """Return the stand-in of a step, with the names that its verb seems to be about."""
    if not isinstance(step, dict) or not step:
        return Broken(known=False)
    verbs = [key for key in step if key in vocabulary.verbs]
    about = [step[key] for key in verbs or list(step)[:1]]
    names = [name for value in about for name in (value if isinstance(value, list) else [value])]
    columns = [word for name in names if isinstance(name, str) for word in _NAMES.findall(name)]
    endings = {
        end
        for key in verbs
        for option, end in vocabulary.verbs[key].beside.items()
        if did_you_mean(option, step)
    }
    columns += [f"{name}{end}" for name in columns for end in sorted(endings)]
    columns += _made_beside(step, [vocabulary.verbs[key] for key in verbs])
    return Broken(columns=tuple(columns), known=bool(verbs))


def _made_beside(step: Mapping[str, Any], verbs: Iterable[type[Verb]]) -> Iterator[str]:
    """Yield the record that a step's verb seems to write, and the columns that it answers in."""
    for verb in verbs:
        if "vary" in verb.model_fields and not did_you_mean("vary", step):
            continue  # without it there is no record
        record = verb.model_fields.get("as_")
        name = step.get("as", record.default) if record else ""
        yield from [name] if isinstance(name, str) and name else []
    answers = step.get("answer")
    for name in answers if isinstance(answers, dict) else ():
        yield from [name] if isinstance(name, str) and _NAMES.fullmatch(name) else []


def _innermost(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what is only said because of something inside: a list that is short of good items."""
    places = [one["loc"] for one in errors]
    return [
        one
        for one in errors
        if not any(at != one["loc"] and at[: len(one["loc"])] == one["loc"] for at in places)
    ]


def _note(problems: Problems, error: ErrorDetails, vocabulary: Vocabulary) -> Key:
    """Add what a model found to the problems, and return where."""
    path = _located(problems, error["loc"])
    if error["type"] == "missing" and error["msg"] == "Field required" and problems.found:
        return path  # the structure's check has told what is missing, or what was misspelt
    at_key = bool(path) and isinstance(problems.places.at(path), dict)
    if error["type"] in CODES and error["msg"] != "Field required":
        code, what = CODES[error["type"]], sentence(error["msg"])
    else:
        code, what = "SOF104", f"{sentence(label(path))} cannot have this value."
    context = error.get("ctx", {})
    pointed = _pointed(problems.places.at(path), path, vocabulary)
    if at := context.get("at", ""):
        within = pointed if isinstance(problems.places.at(pointed), dict) else path
        pointed, at_key = (*within, *at.split(".")), code != CODES["never"]
    fix = context.get("fix") or "The page docs/recipe.md says what may stand there."
    problems.add(code, pointed, what.rstrip(".") + ".", fix, at_key=at_key)
    return path


def _located(problems: Problems, loc: Iterable[str | int]) -> Key:
    """Return the path in the recipe of a model's place: the same, but for the keys of entries."""
    path: Key = ()
    for part in loc:
        here = problems.places.at(path)
        if isinstance(here, dict) and part not in here and len(here) == 1:
            path = (*path, *here)
            here = problems.places.at(path)
        within = part in here if isinstance(here, dict) else isinstance(here, list)
        if within:
            path = (*path, part)
    return path


def _pointed(here: Any, path: Key, vocabulary: Vocabulary) -> Key:
    """Return the path to point at: a step's verb, a filter's name, rather than the whole."""
    if isinstance(here, dict) and here and path and isinstance(path[-1], int):
        return (*path, next((key for key in here if key in vocabulary.verbs), next(iter(here))))
    return path
