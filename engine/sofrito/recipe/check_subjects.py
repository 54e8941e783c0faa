"""What rubrics and operators are about: they show it, and a list of answers one by one."""

from sofrito.problems import Span
from sofrito.recipe.base import Key
from sofrito.recipe.check_heads import heads_of
from sofrito.recipe.library import Library
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_reads import Reads, printed_whole, template_reads
from sofrito.recipe.verb import Verb

UNSHOWN, MISUSED = "SOF213", "SOF218"


def check_subjects(scene: Scene, path: Key, step: Verb) -> None:
    """Warn of library files of a step that never read what they are about; ``path`` is the step's.

    Of one that includes what only a row tells, or that cannot be read, nothing is told.
    """
    files = step.library_files()
    for key, subjects in step.subjects(heads_of(scene, step)).items():
        found = Library(scene.sources).find(*files[key])
        reads = template_reads(scene.sources, found) if found else Reads(open=True)
        for one in () if reads.open else subjects:
            code, where = UNSHOWN, None
            if one.listed:
                code = MISUSED
                printed = printed_whole(reads.texts, one.names[0])
                if printed is None:
                    continue
                where = _place(scene, one.names[0], *printed)
            elif any(map(reads.has, one.names)) if one.names else reads.fields:
                continue
            at: Key = (*path, *one.at)
            at = scene.places.find(at, one.item) if one.item else at
            at_key = at[-1] == files[key][1]  # a mapping by the files' names
            scene.problems.add(
                code, at, one.what, one.fix, where=where, at_key=at_key, severity="warning"
            )


def _place(scene: Scene, name: str, file: str, number: int, line: int) -> Span | None:
    """Return where a template of the recipe's folders reads a name."""
    place = scene.names.place_in(file, ())
    return place.name(name, number, line) if place else None
