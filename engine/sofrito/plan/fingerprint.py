"""What makes a dataset another dataset: a hash of the recipe and of every file it uses."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import xxhash
from jinja2 import TemplateError

from sofrito.plan.axes import Records
from sofrito.recipe.entries import Check
from sofrito.recipe.library import Library
from sofrito.recipe.model import Recipe
from sofrito.recipe.plugins import origin
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.template_tree import included
from sofrito.recipe.verb import Verb

# The version of the rules by which a run turns answers into rows.
RULES = 1

# What cannot change a row. Title, description, licence and tags are words about the recipe; the
# budget only says when to stop, and what is there by then is the beginning of the same dataset;
# `output` says how rows are written, not which. What a recipe extends is merged into it, and the
# values of its parameters stand in the texts and values that use them: a parameter changes the
# fingerprint by what it changes there, and one that nothing uses does not. `sofrito`, the version of
# the language, is about the spelling.
LEFT_OUT = (
    "sofrito",
    "title",
    "description",
    "license",
    "tags",
    "budget",
    "output",
    "extends",
    "params",
)

# Of a model: where it is reached, how fast it is, and where its file lies. What it is stands in its
# identity: the hash of its weights and template, or its name on a server.
MODEL_KEPT = ("backend", "context")


def fingerprint(
    recipe: Recipe,
    sources: TemplateSources,
    *,
    hashes: Mapping[str, str],
    axes: Mapping[str, Mapping[str, float]],
    identities: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Records] | None = None,
) -> str:
    """Return 16 hex digits that name the run of this recipe with these files.

    ``hashes`` are of the seed pools' rows, ``identities`` of the models that steps ask.
    """
    data: dict[str, Any] = recipe.model_dump(mode="json", by_alias=True, exclude=set(LEFT_OUT))
    data["steps"] = [_part(step) for step in recipe.steps]
    data["chains"] = {name: _chain(chain) for name, chain in recipe.chains.items()}
    data["models"] = {
        name: {
            **recipe.model(name).model_dump(mode="json", include=set(MODEL_KEPT)),
            "identity": identity,
        }
        for name, identity in identities.items()
    }
    data["seeds"] = dict(hashes)
    if packages := _packages(recipe):
        data["packages"] = packages
    # the order of an axis' values is the order of the cells
    data["axes"] = [[name, list(values.items())] for name, values in axes.items()]
    data["axes"] += [[name, list(several.values())] for name, several in (records or {}).items()]
    named = [t for step in recipe.steps for t in step.templates().values()]
    called = library_texts(recipe, sources)
    parts = [RULES, data, template_texts([*named, *called], sources)]
    parts += [called] if called else []
    return xxhash.xxh3_64_hexdigest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def library_texts(recipe: Recipe, sources: TemplateSources) -> dict[str, str]:
    """Return the texts of the library's files that steps name, heads and all."""
    library = Library(sources)
    endings = {"principles": ".yaml"}
    files = (
        library.find(folder, name, endings.get(folder, ".j2"))
        for part in _parts(recipe)
        for folder, name in part.library_files().values()
    )
    return {name: sources.raw(name)[0] for name in files if name}


def _parts(recipe: Recipe) -> list[Verb | Check]:
    """Return the steps and the filters of all chains."""
    checks = [one for step in recipe.steps for one in step.filters()]
    checks += [one for chain in recipe.chains.values() for one in chain]
    return [*recipe.steps, *checks]


def _packages(recipe: Recipe) -> dict[str, str]:
    """Return the package and its version of each verb and filter that an installed package brings."""
    found = (origin(type(part)) for part in _parts(recipe))
    return {f"{one.kind} {one.name}": one.who for one in found if one}


def template_texts(named: Iterable[str], sources: TemplateSources) -> dict[str, str]:
    """Return the texts of template files by name: those named, and all that these include."""
    texts: dict[str, str] = {}
    waiting = [(template, "") for template in named]
    while waiting:
        template, parent = waiting.pop()
        inline = not parent and not is_file(template)
        name = "" if inline else sources.included(template.strip(), parent) or ""
        if not inline and (not name or name in texts):
            continue
        text = template if inline else sources.text(name)
        if name:
            texts[name] = text
        try:
            tree = sources.environment().parse(text)
        except TemplateError:
            continue  # the checks have told it, or nothing ever renders it
        waiting += [(inner, name or ".") for _, inner in included(tree)]
    return texts


def _part(part: Any) -> dict[str, Any]:
    data: dict[str, Any] = part.model_dump(mode="json", by_alias=True)
    if isinstance(part, Verb) and part.filters():
        data[part.chain_key] = _chain(part.filters())
    return data


def _chain(checks: Iterable[Check]) -> list[Any]:
    return [[check.filter, _part(check)] for check in checks]
