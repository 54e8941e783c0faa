"""Checks what a recipe means: names, files, models, pools, chains, output."""

from collections.abc import Mapping

from sofrito.recipe.check_budget import check_budget
from sofrito.recipe.check_cells import check_cells
from sofrito.recipe.check_flow import check_flow
from sofrito.recipe.check_here import check_here
from sofrito.recipe.check_missing import check_missing
from sofrito.recipe.check_models import check_models
from sofrito.recipe.check_nested import check_nested
from sofrito.recipe.check_output import check_output
from sofrito.recipe.check_pools import check_axes, check_pools
from sofrito.recipe.check_siblings import check_siblings
from sofrito.recipe.check_spliced import check_spliced
from sofrito.recipe.check_terms import check_terms
from sofrito.recipe.check_ties import check_ties
from sofrito.recipe.check_use import check_chains, check_rows, check_unused
from sofrito.recipe.draft import Draft
from sofrito.recipe.entries import Writer
from sofrito.recipe.places import Problems
from sofrito.recipe.scene import Scene
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.vocabulary import Vocabulary


def check_meaning(
    draft: Draft,
    problems: Problems,
    vocabulary: Vocabulary,
    *,
    environ: Mapping[str, str],
    allow_files: bool = False,
    here: bool = False,
) -> None:
    """Add to the problems whatever a recipe says that cannot be done, or can hardly be meant.

    It reads the templates and the first rows of the seed files, and asks no model and no server.
    With ``here`` it looks for packages and model files on this machine, too.
    """
    sources = TemplateSources(problems.places.folders, params=draft.recipe.values())
    scene = Scene(draft, problems, vocabulary, sources, environ, allow_files)
    check_spliced(scene)
    check_models(scene)
    check_pools(scene)
    check_axes(scene)
    check_chains(scene)
    names = check_flow(scene)
    check_nested(scene)
    check_siblings(scene)
    read = set(scene.used)
    check_output(scene, names)
    check_ties(scene, names)
    check_terms(scene)
    check_rows(scene)
    check_budget(scene)
    check_cells(scene)
    check_unused(scene)
    check_missing(scene, read.union(*(_written(one) for one in scene.recipe.output.write)))
    if here:
        check_here(scene)


def _written(writer: Writer) -> set[str]:
    """Return the columns that a writer names."""
    return {column.partition(".")[0] for column in writer.uses()}
