"""Names that a template can do without, and that are misspelt: what is meant is never shown."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from jinja2 import nodes

from sofrito.problems import slip_of
from sofrito.recipe.names import Names
from sofrito.recipe.places import Problems
from sofrito.recipe.template_words import first_free
from sofrito.recipe.text_place import TextPlace


def check_guards(
    problems: Problems,
    tree: nodes.Template,
    place: TextPlace,
    names: Names,
    reads: Mapping[str, AbstractSet[str]],
    fields: AbstractSet[str],
) -> None:
    """Warn of names that get a `default` or are asked for, where nothing is called so but nearly so.

    So of ``fields`` of records. A name that no slip makes of another is of another recipe or step
    that shares the template; so is any in a template that this recipe only borrows.
    """
    folders = problems.places.folders
    if place.file and not any(place.file.is_relative_to(folder) for folder in folders):
        return
    elsewhere = names.known.keys() | names.later.keys() | names.gone.keys() | names.unset.keys()
    for name in sorted(() if names.open else reads.keys() - elsewhere):
        if fix := slip_of(name, names.known):
            what = f"`{name}` is not known here, so that it is missing in every row."
            where = place.name(name, *first_free(tree, name))
            problems.add("SOF201", place.path, what, fix, where=where, severity="warning")
    for name in sorted(reads.keys() & names.records.keys()):
        for one in sorted(reads[name] & fields - names.records[name]):
            if not hasattr(dict, one) and (fix := slip_of(one, names.records[name])):
                what = (
                    f"The record `{name}` has no field `{one}`, so that it is missing in every row."
                )
                where = place.field(name, one)
                problems.add("SOF201", place.path, what, fix, where=where, severity="warning")
