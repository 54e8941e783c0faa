"""Seed pools and axes: whether their files are there and can be read, and what is in them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from sofrito.documents import SUFFIXES as DOCUMENTS
from sofrito.problems import Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.binding import bound_expression
from sofrito.recipe.check_columns import check_columns, check_inline
from sofrito.recipe.check_quota import most_rows
from sofrito.recipe.check_topics import axis_records, axis_types, check_topics
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.model_rows import EACH_ONCE, Axis, Seeds
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Pool, Scene
from sofrito.recipe.seed_documents import document_problems
from sofrito.recipe.seed_files import Peek, inside, peek_seeds
from sofrito.recipe.seed_folder import seeds_matching
from sofrito.recipe.seed_gaps import seed_gaps
from sofrito.recipe.seed_inline import inline_rows
from sofrito.recipe.seed_rows import SeedRow
from sofrito.recipe.seed_values import seed_ranges, seed_values, unnameable
from sofrito.recipe.words import either, quoted, ticked

PEEKED = 50
"""Rows of a seed file that are looked at before a run; the run looks at all of them."""

_WORD = re.compile(r"\S+")

_SUCH = {"seeds": "{file: seeds/tasks.jsonl}", "axes": "{values: [easy, hard]}"}
"""What a pool and an axis may be."""

_FILES = 3
"""Files of a pool that are looked into, and names that a message lists."""

_OPENED = 100
"""Files of a pool that are opened, where they are documents."""

_CELLS = 20_000
"""Cells that are tried one by one; where there are more, some are taken to remain."""

_MOST_ONCE = 1_000_000
"""Combinations that can have a candidate each."""


def check_pools(scene: Scene) -> None:
    """Look into every seed pool, and remember what is in it."""
    for name, seeds in scene.recipe.seeds.items():
        if scene.draft.sound("seeds", name):
            scene.pools[name] = _pool(scene, name, seeds)
        else:
            scene.pools[name] = Pool()


def _pool(scene: Scene, name: str, seeds: Seeds) -> Pool:
    path: Key = ("seeds", name)
    if not _only_one(scene, path, {"file": seeds.file, "files": seeds.files, "rows": seeds.rows}):
        return Pool()
    if seeds.rows:
        return _inline(scene, path, seeds)
    peeks = scene.guarded(path, lambda: _peeks(scene, path, seeds)) or []
    for problem in (problem for peek in peeks for problem in peek.problems):
        scene.problems.add(
            problem.code,
            path,
            problem.what,
            problem.fix,
            where=problem.where,
            severity=problem.severity,
        )
    for peek in peeks:
        check_columns(scene, path, seeds.columns, peek)
    if not any(peek.columns for peek in peeks):
        return Pool()
    _odd_rows(scene, [(row.values, row.where) for peek in peeks for row in peek.rows])
    columns = {column for peek in peeks for column in peek.columns} | seeds.columns.keys()
    _odd_names(scene, path, columns)
    count = sum(len(peek.rows) for peek in peeks)
    broken = any(peek.problems or peek.misfits for peek in peeks)
    cut = any(peek.cut for peek in peeks)
    complete = bool(seeds.file) and count < PEEKED and not broken and not cut
    longest = _longest([row.values for peek in peeks for row in peek.rows])
    rows = [row.values for peek in peeks for row in peek.rows]
    values = seed_values(seeds, rows, complete=complete)
    several = [(row.values, row.where) for peek in peeks for row in peek.rows]
    gaps = seed_gaps(str(path[-1]), seeds, columns, several, complete=complete)
    ranges = seed_ranges(rows) if complete else {}
    number, given = (count, tuple(rows)) if complete else (None, ())
    return Pool(frozenset(columns), number, longest, values, gaps, ranges, given)


def _odd_names(scene: Scene, path: Key, columns: Iterable[str]) -> None:
    """Warn of columns that nothing in the recipe can name."""
    if not (odd := unnameable(columns)):
        return
    shown = [*odd.items()][:_FILES]
    noun, them = ("column", "it") if len(odd) == 1 else ("columns", "them")
    listed = either((f"`{column}`" for _, column in shown), "and")
    more = f" (and {len(odd) - len(shown)} more)" if len(odd) > len(shown) else ""
    what = f"The {noun} {listed}{more} cannot be named in templates and expressions."
    fix = f"Rename {them} in the file: {ticked(name for name, _ in shown)}."
    scene.problems.warn("SOF209", path, what, fix, at_key=True)


def _longest(rows: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Return the words of the longest text in each column."""
    most: dict[str, int] = {}
    for row in rows:
        for column, value in row.items():
            if isinstance(value, str):
                most[column] = max(most.get(column, 0), sum(1 for _ in _WORD.finditer(value)))
    return most


def _peeks(scene: Scene, path: Key, seeds: Seeds) -> list[Peek]:
    key = "file" if seeds.file else "files"
    where, folder = scene.places.span((*path, key)), scene.places.folders
    if seeds.file:
        file = inside(folder, seeds.file, where, allow_files=scene.allow_files)
        return [peek_seeds(file, rows=PEEKED, columns=seeds.columns, strict=False)]
    found = seeds_matching(folder, seeds.files, where, allow_files=scene.allow_files)
    among = len(found.files) > 1
    peeks = [
        peek_seeds(file, rows=PEEKED, columns=seeds.columns, whole=True, strict=False, among=among)
        for file in found.files[:_FILES]
    ]
    rest = (file for file in found.files[_FILES:_OPENED] if file.suffix.lower() in DOCUMENTS)
    told = (*found.warnings, *(one for file in rest for one in document_problems(file)))
    return [*peeks, Peek((), (), told)]


def _inline(scene: Scene, path: Key, seeds: Seeds) -> Pool:
    check_inline(scene, str(path[-1]), seeds)
    places = [scene.places.span((*path, "rows", i)) for i in range(len(seeds.rows))]
    rows = list(zip(seeds.rows, places, strict=True))
    _odd_rows(scene, rows)
    columns = {column for row in seeds.rows for column in row} | seeds.columns.keys()
    _odd_names(scene, path, columns)
    values = seed_values(seeds, seeds.rows, complete=True)
    gaps = seed_gaps(str(path[-1]), seeds, columns, rows, complete=True)
    ranges, longest = seed_ranges(seeds.rows), _longest(seeds.rows)
    read = inline_rows(str(path[-1]), seeds, scene.places)
    given = tuple(one.values for one in read if isinstance(one, SeedRow))
    return Pool(frozenset(columns), len(seeds.rows), longest, values, gaps, ranges, given)


def _odd_rows(scene: Scene, rows: Sequence[tuple[Mapping[str, object], Span]]) -> None:
    """Warn of rows that lack what all others have and have what none has: a misspelt key."""
    having = Counter(column for values, _ in rows for column in values)
    for values, where in rows:
        lacking = [c for c, count in having.items() if count == len(rows) - 1 and c not in values]
        own = [column for column in values if having[column] == 1]
        if len(rows) > 2 and lacking and own:
            what = f"The row has `{own[0]}` where all others have `{lacking[0]}`."
            fix = did_you_mean(own[0], lacking, otherwise="Correct the row if it is a slip.")
            scene.problems.add("SOF209", (), what, fix, where=where, severity="warning")


def _only_one(scene: Scene, path: Key, given: Mapping[str, object]) -> bool:
    """Say whether exactly one of several keys is given; where not, note it."""
    there = [key for key, value in given.items() if value]
    if len(there) == 1:
        return True
    name = path[-1]
    bases = {key: base for key in there if (base := scene.places.inherited((*path, key)))}
    if own := [key for key in there if bases and key not in bases]:
        what = f"`{name}` has {_both(own)}, and {_both(bases)} of `{bases[min(bases)]}`, which is extended."
        fix = (
            f"Write {_both(f'{key}: null' for key in bases)} beside it: null removes what is there."
        )
        scene.problems.add("SOF212", (*path, own[0]), what, fix, at_key=True)
    elif there:
        what = f"`{name}` has {either(map('`{}`'.format, there), 'and')}; one of them is enough."
        scene.problems.add("SOF212", (*path, there[1]), what, "Keep one.", at_key=True)
    else:
        what = f"`{name}` is empty: it needs {either(map('`{}`'.format, given))}."
        fix = f"Such as `{_SUCH[str(path[0])]}`."
        scene.problems.add("SOF102", path, what, fix, at_key=True)
    return False


def _both(keys: Iterable[str]) -> str:
    return either(map("`{}`".format, keys), "and")


def check_axes(scene: Scene) -> None:
    """Check every axis, and that some cell of their product remains."""
    values: dict[str, list[str]] = {}
    for name, axis in scene.recipe.axes.items():
        path: Key = ("axes", name)
        given = {"values": axis.values, "file": axis.file, "generate": axis.generate}
        if scene.draft.sound(*path) and _only_one(scene, path, given):
            values[name] = _values(scene, path, axis)
            if axis.generate:
                check_topics(scene, path, axis.generate)
    scene.axes.update(values)
    if scene.recipe.cover.exclude and scene.draft.sound("cover"):
        known = dict.fromkeys(scene.recipe.axes, "an axis")
        names = Names(known, records=axis_records(scene), values=axis_types(scene))
        told = len(scene.problems.found)
        path = ("cover", "exclude")
        scene.names.expression(scene.recipe.cover.exclude, path, names)
        wrong = any(one.problem.severity == "error" for one in scene.problems.found[told:])
        if wrong or path in scene.names.spliced:
            return
    if values.keys() == scene.recipe.axes.keys() and all(values.values()):
        _check_cells(scene, values)


def _values(scene: Scene, path: Key, axis: Axis) -> list[str]:
    if not axis.file:
        _no_value_twice(scene, path)
        return list(axis.values)
    where = scene.places.span((*path, "file"))

    def read() -> list[str]:
        file = inside(scene.places.folders, axis.file, where, allow_files=scene.allow_files)
        return axis_values(file.read_bytes())

    try:
        values = scene.guarded((*path, "file"), read)
    except (OSError, UnicodeDecodeError):
        what, fix = f"`{axis.file}` is not UTF-8 text.", "Save it as UTF-8."
        scene.problems.add("SOF202", (*path, "file"), what, fix)
        return []
    if values == []:
        what, fix = f"`{axis.file}` has no values.", "Write one a line."
        scene.problems.add("SOF211", (*path, "file"), what, fix)
    return values or []


def axis_values(raw: bytes) -> list[str]:
    """Return the values in an axis's file, a line each, without the space around it, none twice.

    Blank lines are left out. Raises UnicodeDecodeError.
    """
    lines = raw.decode("utf-8-sig").splitlines()
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _no_value_twice(scene: Scene, path: Key) -> None:
    written = scene.places.at((*path, "values"))
    if isinstance(written, list):
        texts = [scene.places.source((*path, "values", i)) for i in range(len(written))]
        for index, text in enumerate(texts):
            if text in texts[:index]:
                what = f"The axis has {quoted(text)} twice."
                fix = f"To draw it more often, give weights: {{{text}: 2, …}}."
                scene.problems.add("SOF104", (*path, "values", index), what, fix)


def _check_cells(scene: Scene, values: dict[str, list[str]]) -> None:
    recipe, cells = scene.recipe, 1
    for one in values.values():
        cells *= len(one)
    if recipe.cover.exclude and values and cells <= _CELLS:
        cells = _remaining(scene, values)
        if not cells:
            what = "`exclude` leaves no combination of the axes' values."
            scene.problems.add("SOF211", ("cover", "exclude"), what, "Exclude fewer.")
    once = recipe.cover.design in EACH_ONCE and not recipe.rows and not recipe.from_
    if once and cells > _MOST_ONCE:
        what = f"The axes make {cells:,} combinations, and each would have a candidate."
        fix = "Add `rows: 500`, or give the axes fewer values."
        scene.problems.add("SOF211", ("cover",), what, fix)
    largest = sorted(map(len, values.values()))[-2:]
    pairs = math.prod(largest) if len(largest) == 2 else 0
    if recipe.cover.design == "pairwise" and recipe.rows and pairs > recipe.rows:
        what = (
            f"Two axes alone make {pairs:,} pairs, and `rows` is {recipe.rows:,}: some never meet."
        )
        fix = f"Ask for {pairs:,} rows or more."
        if pairs > most_rows(scene):
            fix = "Give the axes fewer values, add seeds, or cover them `balanced`."
        scene.problems.warn("SOF211", ("rows",), what, fix)
    if recipe.cover.design == "full" and recipe.rows and cells > recipe.rows:
        what = (
            f"The axes make {cells:,} combinations, and `rows` is {recipe.rows:,}: some get none."
        )
        fix = f"Ask for {cells:,} rows or more"
        if cells > most_rows(scene):
            fix = "Give the axes fewer values, or add seeds"
        if pairs:
            fix += f"; or cover them `{'balanced' if pairs > recipe.rows else 'pairwise'}`"
        fix += "."
        scene.problems.warn("SOF211", ("rows",), what, fix)


def _remaining(scene: Scene, values: dict[str, list[str]]) -> int:
    source = bound_expression(scene.recipe.cover.exclude, scene.recipe.values())
    condition, count = expression(source), 0
    for cell in product(*values.values()):
        try:
            count += not condition.truth(dict(zip(values, cell, strict=True)))
        except ExpressionError as error:
            what = f"The expression fails on {ticked(cell)}: {error.words}."
            fix = "Values of axes are texts: write `level | int > 3`, or compare with a text in quotes."
            scene.problems.add("SOF208", ("cover", "exclude"), what, fix)
            return 1
    return count


__all__ = ["axis_values", "check_axes", "check_pools"]
