"""What a run of a recipe reaches beyond itself: models and their terms, hosts, files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sofrito.export.record import texts_read
from sofrito.recipe.asked import models_asked
from sofrito.recipe.machine import on_this_machine
from sofrito.recipe.model import CHECKERS, UNDECLARED, Model, Recipe
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.terms import Terms, terms_of
from sofrito.teachers.teacher import Teacher

HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class ModelReach:
    """A model that is asked: what it is, its licence ("" if none is told), what may be trained on it.

    ``accepted`` says why terms that forbid it do not hold here, in the recipe's words.
    """

    name: str
    what: str
    license: str
    terms: Terms
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """An address that a run asks, for which models; ``local`` is this machine itself."""

    url: str
    models: tuple[str, ...]
    local: bool


@dataclass(frozen=True, slots=True)
class FileReach:
    """A file that a run reads, and what for; seeds bring their own licence, which nobody states here."""

    path: str
    what: str


def models_reached(recipe: Recipe, teachers: Mapping[str, Teacher]) -> tuple[ModelReach, ...]:
    """Return the models that steps and filters ask; a teacher that was made tells its file's licence."""
    return tuple(
        _model(name, recipe.model(name), teachers.get(name))
        for name in models_asked(recipe)
        if recipe.model(name).backend not in CHECKERS  # they write nothing
    )


def _model(name: str, model: Model, teacher: Teacher | None) -> ModelReach:
    info = getattr(teacher, "info", None)
    told = teacher.described() if teacher else {}
    licence, called = str(told.get("license", "")), str(told.get("name", ""))
    file_name = info.path.name if info else Path(model.path).name
    # its own terms bind nobody: a scripted teacher writes words by chance
    free = model.backend == "scripted" or model in UNDECLARED.values()
    names = (called, file_name, model.hub, model.model.replace("local", ""))
    terms = terms_of("MIT" if free else licence, *names, model.base_url)
    accepted = model.terms.accepted_because if model.terms else ""
    return ModelReach(name, _what(model, called), licence, terms, accepted)


def _what(model: Model, told: str) -> str:
    if model.backend == "openai":
        return f"{model.model} at {model.base_url}"
    named = model.hub or model.path or (told if model.model == "local" else model.model)
    return f"{named or model.backend} ({model.backend})" if named else model.backend


def hosts_reached(recipe: Recipe, absent: frozenset[str]) -> tuple[Host, ...]:
    """Return the addresses that are asked; the hub's for models ``absent`` from this machine."""
    asked: dict[str, list[str]] = {}
    for name in models_asked(recipe):
        model = recipe.model(name)
        if model.base_url and model.backend == "openai":
            parts = urlsplit(model.base_url)
            asked.setdefault(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", []).append(name)
        elif model.hub and name in absent:
            asked.setdefault(HUB, []).append(name)
    return tuple(
        Host(url, tuple(names), on_this_machine(url)) for url, names in sorted(asked.items())
    )


def files_reached(
    read: Read, sources: TemplateSources, teachers: Mapping[str, Teacher]
) -> tuple[FileReach, ...]:
    """Return the files that a run reads, in the order of the recipe's keys."""
    return tuple(dict.fromkeys(_files(read, sources, teachers)))


def _files(
    read: Read, sources: TemplateSources, teachers: Mapping[str, Teacher]
) -> Iterator[FileReach]:
    recipe = read.recipe
    yield FileReach(str(read.document.path), "recipe")
    for name, teacher in teachers.items():
        info = getattr(teacher, "info", None)
        if info is not None:
            yield FileReach(str(info.path), f"model {name}")
        if template := recipe.model(name).chat_template:
            yield FileReach(template, f"chat template of {name}")
    for name, pool in recipe.seeds.items():
        if pool.file or pool.files:
            yield FileReach(pool.file or pool.files, f"seeds {name}")
    for name, axis in recipe.axes.items():
        if axis.file:
            yield FileReach(axis.file, f"axis {name}")
    for name in sorted(texts_read(recipe, sources)):
        yield FileReach(name, "template" if is_file(name) else "principles")
