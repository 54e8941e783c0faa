"""What the output says about the set: the order of rows, the review, the real rows mixed in."""

from collections.abc import Sequence

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.entries import Writer
from sofrito.recipe.expressions import expression_names
from sofrito.recipe.model_output import Mix, Order
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either, ticked


def check_set(scene: Scene, names: Names) -> None:
    """Check the columns and the pool that are named; ``names`` are those that rows have at the end."""
    output = scene.recipe.output
    if isinstance(output.order, Order) and scene.draft.sound("output", "order"):
        _check_order(scene, output.order, names)
    if output.review and scene.draft.sound("output", "review"):
        _fields(scene, ("output", "review", "show"), output.review.show, names)
    if output.mix and scene.draft.sound("output", "mix"):
        _check_mix(scene, output.mix, names)


def _check_order(scene: Scene, order: Order, names: Names) -> None:
    path: Key = ("output", "order")
    if scene.places.at(path) is not None and not (order.by or order.after):
        what = "`order` says neither `by` nor `after` what the rows come."
        scene.problems.add("SOF102", path, what, "Such as `{by: [difficulty]}`.", at_key=True)
    _fields(scene, (*path, "by"), order.by, names)
    for key, column in (("after", order.after), ("of", order.of)):
        if column:
            scene.used.update(scene.names.expression(column, (*path, key), names))
    if order.of and not order.after:
        what = "`of` says what the names in `after` are of, and there is no `after`."
        scene.problems.add("SOF212", (*path, "of"), what, "Remove it.", at_key=True)
    if order.after and not order.of and order.after in names.known and scene.all_steps_sound:
        makers = [step.makes() for _, step in scene.steps() if order.after in step.makes()]
        first = next((name for made in makers for name in made if name != order.after), "")
        scene.used.add(first)
        if not first:
            what = f"Which column has the names that `{order.after}` tells of?"
            fix = "Say so: `of: COLUMN`."
            scene.problems.add("SOF102", (*path, "after"), what, fix)
        elif first not in names.known and not names.open:
            what = (
                f"`{order.after}` tells of names in `{first}`, which rows do not have at the end."
            )
            fix = "Name the column that has them: `of: COLUMN`."
            scene.problems.add("SOF210", (*path, "after"), what, fix)


def _fields(scene: Scene, path: Key, fields: tuple[str, ...], names: Names) -> None:
    several = isinstance(scene.places.at(path), list)
    for index, one in enumerate(fields):
        where: Key = (*path, index) if several else path
        scene.used.update(scene.names.expression(one, where, names))


def _check_mix(scene: Scene, mix: Mix, names: Names) -> None:
    path: Key = ("output", "mix")
    if not scene.declared("seeds", mix.real, (*path, "real")):
        return
    pool = scene.pools.get(mix.real)
    if pool is None or pool.columns is None or not scene.draft.whole("seeds"):
        return
    if turned := _turned(mix, pool.columns, names):
        pairs = ((v, k) if k in turned else (k, v) for k, v in mix.columns.items())
        right = ", ".join(f"{name}: {column}" for name, column in pairs)
        what = "`columns` is the other way round: the dataset's name goes first, then the pool's."
        fix = f"Turn it: `columns: {{{right}}}`."
        scene.problems.add("SOF210", (*path, "columns"), what, fix, at_key=True)
        return
    for name, column in mix.columns.items():
        if column not in pool.columns:
            what = f"The rows of `{mix.real}` have no column `{column}`."
            has = f"They have {ticked(sorted(pool.columns))}."
            fix = f"{did_you_mean(column, pool.columns)} {has}".lstrip()
            scene.problems.add("SOF210", (*path, "columns", name), what, fix)
    there = pool.columns | mix.columns.keys()
    lacking: dict[tuple[str, ...], list[str]] = {}
    for index, writer in enumerate(scene.recipe.output.write):
        if scene.draft.sound("output", "write", index):
            columns = {*writer.uses()} - {*writer.optional()}
            written = {one.partition(".")[0] for one in columns} - there
            asked = {*expression_names(writer.where)} - there if writer.where else set[str]()
            needed = asked if writer.null_if_absent else asked | written
            if missing := tuple(sorted(needed - {"params"})):
                lacking.setdefault(missing, []).append(writer.format)
            _null(scene, mix, writer, sorted(written - needed))
    for missing, formats in lacking.items():
        _missing(scene, mix, missing, formats)


def _turned(mix: Mix, pool: frozenset[str], names: Names) -> set[str]:
    """Return the names that are the pool's where those of the dataset should stand."""
    return {
        name
        for name, column in mix.columns.items()
        if name in pool and column not in pool and column in names.known
    }


def _missing(scene: Scene, mix: Mix, missing: tuple[str, ...], formats: list[str]) -> None:
    named = dict.fromkeys(f"`{name}`" for name in formats)
    need = f"{either(named, 'and')} {'needs' if len(named) == 1 else 'need'}"
    what = f"The real rows of `{mix.real}` lack the {_columns(missing)}, which {need}."
    fix = f"Say which of theirs {_which(missing)}."
    scene.problems.add("SOF210", ("output", "mix", "real"), what, fix)


def _null(scene: Scene, mix: Mix, writer: Writer, missing: list[str]) -> None:
    if missing:
        what = (
            f"The real rows of `{mix.real}` lack the {_columns(missing)}: `{writer.format}` "
            "writes null there."
        )
        them = "it by another name" if len(missing) == 1 else "them by other names"
        fix = f"If they have {them}, say which of theirs {_which(missing)}."
        scene.problems.warn("SOF210", ("output", "mix", "real"), what, fix)


def _which(missing: Sequence[str]) -> str:
    listed = ", ".join(f"{name}: COLUMN" for name in missing)
    return f"{'it is' if len(missing) == 1 else 'they are'}: `columns: {{{listed}}}`"


def _columns(names: Sequence[str]) -> str:
    noun = "column" if len(names) == 1 else "columns"
    return f"{noun} {either((f'`{name}`' for name in names), 'and')}"
