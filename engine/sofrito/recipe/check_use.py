"""What a recipe as a whole needs: a number of rows, chains that end, and no part without a use."""

from collections.abc import Iterable, Iterator

from sofrito.problems import did_you_mean
from sofrito.recipe.asked import models_asked
from sofrito.recipe.base import Key
from sofrito.recipe.check_asked import check_filter_model
from sofrito.recipe.check_chain import check_pool_columns
from sofrito.recipe.check_quota import check_left, check_number, check_quota
from sofrito.recipe.model_rows import EACH_ONCE
from sofrito.recipe.overrides import COMMAND_LINE
from sofrito.recipe.params import refers_to
from sofrito.recipe.reserved import LANGUAGE
from sofrito.recipe.scene import UNDECLARED, Scene
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either

# Where one of these is told, what seems unused may be what was misspelt.
_UNCLEAR = {"SOF201", "SOF202", "SOF207", "SOF208", "SOF210", "SOF234"}


def check_rows(scene: Scene) -> None:
    """Check that the recipe says how many rows it makes, and that it can make them."""
    recipe, sound = scene.recipe, scene.draft.sound
    if not recipe.rows and sound("rows") and sound("from"):
        each_once = bool(recipe.axes) and recipe.cover.design in EACH_ONCE
        if not recipe.from_ and not each_once and sound("cover"):
            what = "The recipe does not say how many rows it makes."
            fix = "Add `rows: 500`; or `from: POOL`, for one candidate of each seed row."
            if recipe.axes:
                fix += " Or `cover: {design: full}`, for one of each combination of the axes."
            scene.problems.add("SOF211", ("recipe",), what, fix, at_key=True)
        elif recipe.from_ and recipe.axes:
            check_number(scene)
    if sound("from"):
        check_left(scene)
    if recipe.rows and sound("rows") and sound("from"):
        check_quota(scene, recipe.rows)
    grows = [index for index, step in scene.steps() if step.grows()]
    if recipe.rows and grows and recipe.round >= recipe.rows:
        what = (
            f"A round is {recipe.round} candidates and `rows` is {recipe.rows}: nothing would grow."
        )
        fix = "A pool that grows is frozen for a round. Make `round` much smaller than `rows`."
        path: Key = ("round",) if scene.places.at(("round",)) is not None else ("rows",)
        scene.problems.warn("SOF211", path, what, fix)
    if not grows and not recipe.axes and scene.all_steps_sound and sound("axes"):
        for key in ("round", "lag"):
            if scene.places.at((key,)) is not None:
                what = f"`{key}` does nothing here: no pool grows, and no axes spread the rows."
                fix = (
                    f"Remove it; or let a pool grow: `- grow: {next(iter(recipe.seeds), 'POOL')}`."
                )
                scene.problems.warn("SOF212", (key,), what, fix, at_key=True)


def check_chains(scene: Scene) -> None:
    """Check what chains refer to, and that no chain contains itself."""
    for name, chain in scene.recipe.chains.items():
        for index, check in enumerate(chain):
            path: Key = ("chains", name, index)
            check_filter_model(scene, path, check)
            for pool in check.pools():
                scene.declared("seeds", pool, scene.places.find(path, pool))
                check_pool_columns(scene, check, pool, path)
            for inner in check.chains():
                at = scene.places.find(path, inner)
                if scene.declared("chains", inner, at) and name in _reached(scene, inner):
                    what = f"The chain `{name}` contains itself."
                    scene.problems.add("SOF205", at, what, "End the circle.")


def check_unused(scene: Scene) -> None:
    """Warn of models, seeds and chains that nothing uses."""
    if not scene.all_steps_sound:
        return
    recipe = scene.recipe
    told = {one.problem.code for one in scene.problems.found}
    for kind, used in used_names(scene).items():
        if UNDECLARED[kind][0] in told:
            continue  # what seems unused may be what was misspelt
        written = scene.places.at((kind,))
        declared = written if isinstance(written, dict) else {}
        for name in getattr(recipe, kind):
            if name in declared and name not in used and scene.draft.sound(kind, name):
                what = f"Nothing uses `{name}`."
                fix = _unused_fix(scene, (kind, name), declared)
                scene.problems.warn("SOF213", (kind, name), what, fix, at_key=True)
    if not told & _UNCLEAR and scene.draft.whole("output") and not scene.names.dynamic:
        _check_unused_axes(scene)
        _check_unused_columns(scene)
        _check_unused_params(scene)


def _unused_fix(scene: Scene, path: Key, declared: Iterable[str]) -> str:
    """Return what to do about a part without a use: one made on the command line may be misspelt."""
    if scene.places.key_span(path).file != COMMAND_LINE:
        return "Remove it."
    return did_you_mean(str(path[-1]), {*declared} - {path[-1]}, otherwise="Remove it.")


def used_names(scene: Scene) -> dict[str, set[str]]:
    """Return the models, seeds and chains that something uses, declared or not."""
    asked = set(models_asked(scene.recipe))
    return {"models": asked, "seeds": _pools(scene), "chains": _chains(scene)}


def _check_unused_axes(scene: Scene) -> None:
    for name in scene.recipe.axes:
        if name not in {*scene.used, *LANGUAGE} and scene.draft.sound("axes", name):
            what = f"No step uses the axis `{name}`: it changes no row."
            fix = f"Write {{{{ {name} }}}} in a prompt, or remove the axis."
            scene.problems.warn("SOF213", ("axes", name), what, fix, at_key=True)


def _check_unused_params(scene: Scene) -> None:
    for name in scene.recipe.params:
        used = scene.names.params | scene.places.params
        if name not in used and not refers_to(scene.places, name):
            what = f"Nothing uses the parameter `{name}`."
            fix = f"Write {{{{ params.{name} }}}} in a prompt, or remove it."
            scene.problems.warn("SOF213", ("params", name), what, fix, at_key=True)


def _check_unused_columns(scene: Scene) -> None:
    """Warn of steps of whose columns none is used, and of those that are written last for nothing.

    One that is written before another may be there for its sake, as a rationale is.
    """
    for index, step in scene.steps():
        made = (*step.makes(), *step.rewrites())
        if made and not scene.used.intersection(made):
            what = f"Nothing uses {either((f'`{name}`' for name in made), 'or')}."
            fix = "Write it to the output, read it in a template or expression, or remove the step."
            scene.problems.warn("SOF213", ("steps", index, step.verb), what, fix)
        elif ("reverse",) not in step.expressions():
            _check_last_columns(scene, ("steps", index), step)


def _check_last_columns(scene: Scene, path: Key, step: Verb) -> None:
    for name in reversed([*step.answered()]):
        if scene.used.intersection((name, *(f"{name}{end}" for end in step.beside.values()))):
            return
        what = f"Nothing uses `{name}`, and no column is written after it."
        fix = f"Drop it from `{step.verb}`, or read it in a template, an expression or the output."
        at = scene.places.find((*path, step.verb), name)
        scene.problems.warn("SOF213", at, what, fix)


def _pools(scene: Scene) -> set[str]:
    if not scene.draft.sound("output", "mix"):
        return {*scene.recipe.seeds}
    mix = scene.recipe.output.mix
    used = {scene.recipe.from_, mix.real if mix else ""}
    for _, step in scene.steps():
        used |= {step.grows(), *(draw.pool for draw in step.draws().values())}
        for check in step.filters():
            used |= {pool for one in scene.expanded(check) for pool in one.pools()}
    return used


def _chains(scene: Scene) -> set[str]:
    direct = {
        name for _, step in scene.steps() for check in step.filters() for name in check.chains()
    }
    return direct.union(*(_reached(scene, name) for name in direct))


def _reached(scene: Scene, name: str) -> set[str]:
    """Return the chains that a chain is made of, itself included."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        if (one := waiting.pop()) not in seen:
            seen.add(one)
            waiting += _inner(scene, one)
    return seen


def _inner(scene: Scene, name: str) -> Iterator[str]:
    for check in scene.recipe.chains.get(name, ()):
        yield from check.chains()
