"""Whether what is written as an answer has to do with what it is written as an answer to."""

from collections.abc import Iterator

from sofrito.recipe.base import Key
from sofrito.recipe.entries import Writer
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either

_START = "from"

Source = int | str
"""What a column is made from: a step, by its index, an axis, or the rows that candidates start from."""


def check_ties(scene: Scene, names: Names) -> None:
    """Warn of prompts and answers of which neither is made from the other, nor both from one thing.

    One of the two at least is asked for. That a step chooses rows by both makes no tie.
    """
    if names.open or scene.names.dynamic or not scene.all_steps_sound:
        return
    told = set[tuple[str, ...]]()
    for index, writer in enumerate(scene.recipe.output.write):
        if scene.draft.sound("output", "write", index):
            for answer, asked in _pairs(writer):
                if (answer, *asked) not in told:
                    told.add((answer, *asked))
                    _check_pair(scene, answer, asked)


def _pairs(writer: Writer) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns that a format writes as answers, each with those that it answers."""
    for field in dict.fromkeys(field for field, _ in writer.answers):
        fields = (other for one, other in writer.answers if one == field)
        named = [str(getattr(writer, one) or "").partition(".")[0] for one in (field, *fields)]
        answer, *asked = named
        if answer and any(asked):
            yield answer, tuple(filter(None, asked))


def _check_pair(scene: Scene, answer: str, asked: tuple[str, ...]) -> None:
    of_answer = _sources(scene, (answer,))
    of_asked = _sources(scene, asked)
    if of_answer & of_asked or not (_varies(scene, of_answer) and _varies(scene, of_asked)):
        return
    if _broken(scene) & (of_answer | of_asked):
        return  # what it reads is not known
    index, is_answer = max((_last(scene, of_answer), True), (_last(scene, of_asked), False))
    if index < 0:
        return
    made = tuple(one for one in asked if index in _sources(scene, (one,)))
    mine, other = ((answer,), asked) if is_answer else (made, (answer,))
    step = next(one for at, one in scene.steps() if at == index)
    own, others = (either((f"`{one}`" for one in names), "or") for names in (mine, other))
    role = "answer to" if is_answer else "prompt of"
    what = (
        f"{own} is written as the {role} {others}, and is made without reading it or anything that "
        "it is made from."
    )
    fix = f"Write {{{{ {other[0]} }}}} into the prompt of `{step.label}`."
    path: Key = ("steps", index, "prompt")
    at = path if scene.places.at(path) is not None else (*path[:2], step.verb)
    scene.problems.warn("SOF213", at, what, fix)


def _broken(scene: Scene) -> set[Source]:
    """Return the steps in which something is wrong, such as a template that cannot be read."""
    wrong = (one.path for one in scene.problems.found if one.problem.severity == "error")
    return {index for first, index, *_ in (path for path in wrong if path[1:]) if first == "steps"}


def _sources(scene: Scene, columns: tuple[str, ...]) -> set[Source]:
    """Return all that columns are made from, the steps that make and rewrite them among it."""
    made: dict[str, list[int]] = {}
    for index, step in scene.steps():
        for name in (*step.makes(), *step.rewrites()):
            made.setdefault(name, []).append(index)
    found, waiting, seen = set[Source](), [*columns], set[str]()
    pool = scene.pools.get(scene.recipe.from_)
    starts = pool.columns or () if pool else ()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found |= {_START} if name in starts else {name} if name in scene.recipe.axes else set()
        for index in made.get(name, ()):
            found.add(index)
            waiting += scene.reads.get(index, ())
    return found


def _last(scene: Scene, sources: set[Source]) -> int:
    """Return the last step among sources that asks a model, -1 if there is none."""
    asking = (index for index, step in scene.steps() if step.asks() is not None)
    return max((index for index in asking if index in sources), default=-1)


def _varies(scene: Scene, sources: set[Source]) -> bool:
    """Say whether what is made from some sources differs between rows."""
    return _last(scene, sources) >= 0 or any(isinstance(one, str) for one in sources)
