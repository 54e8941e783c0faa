"""What a recipe reads: its seed pools and the values of its axes."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xxhash

from sofrito.plan.axes import Records, axis_file, generated_axes, placeholders, read_axis
from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.folder import inside
from sofrito.recipe.model import Recipe
from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.read import Read
from sofrito.recipe.seed_columns import Misfit
from sofrito.recipe.seed_files import MAX_PROBLEMS, read_seeds
from sofrito.recipe.seed_folder import seeds_matching
from sofrito.recipe.seed_inline import inline_rows
from sofrito.steps.work import Pooled, Values


@dataclass(frozen=True)
class Inputs:
    """The rows of the pools that steps draw from, the axes, and the rows that candidates start from.

    ``source`` begins anew at each call and holds one row at a time, and so does ``real``, the rows
    that are mixed in. ``hashes`` are of the rows of every pool that is used by the run. ``records``
    are what rows have in place of the values of generated axes.
    """

    pools: Mapping[str, Sequence[Pooled]]
    hashes: Mapping[str, str]
    axes: Mapping[str, Mapping[str, float]]
    records: Mapping[str, Records]
    source: Callable[[], Iterator[Values]] | None
    real: Callable[[], Iterator[Values]] | None = None


def inputs(read: Read, *, workspace: Path | None = None, allow_files: bool = False) -> Inputs:
    """Read all that a recipe names; raises RecipeError with every broken line of every file.

    The pools that candidates start from and that are mixed in are read through once, to find their
    broken lines now, and are not held unless steps draw from them too. A generated axis that has no
    file below ``workspace`` has placeholders.
    """
    recipe, problems = read.recipe, list[Problem]()
    drawn = drawn_pools(recipe)
    mixed = recipe.output.mix.real if recipe.output.mix else ""
    pools: dict[str, list[Pooled]] = {}
    hashes: dict[str, str] = {}
    for name in recipe.seeds:
        rows = _rows(read, name, allow_files=allow_files)
        try:
            if name in drawn or name == recipe.from_:
                kept = pools.setdefault(name, []) if name in drawn else None
                hashes[name] = _learned(name, rows, kept)
            elif name == mixed:
                deque(rows, maxlen=0)
        except RecipeError as error:
            problems += error.problems
    axes: dict[str, Mapping[str, float]] = {}
    records: dict[str, Records] = {}
    for name, axis in recipe.axes.items():
        try:
            if axis.generate:
                records[name] = _records(read, workspace, name)
                axes[name] = dict.fromkeys(records[name], 1.0)
                continue
            axes[name] = axis_values(read, name, allow_files=allow_files)
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    start = recipe.from_
    source = (lambda: _rows(read, start, allow_files=allow_files)) if start else None
    real = (lambda: _rows(read, mixed, allow_files=allow_files)) if mixed else None
    return Inputs(pools, hashes, axes, records, source, real)


def _records(read: Read, workspace: Path | None, name: str) -> Records:
    topics = generated_axes(read)[name]
    file = axis_file(read, workspace, name) if workspace else None
    return read_axis(file, topics) if file and file.is_file() else placeholders(topics)


def _learned(name: str, rows: Iterator[Values], kept: list[Pooled] | None) -> str:
    """Read a pool through, into ``kept`` if it is to be held; return the hash of its rows."""
    digest = xxhash.xxh3_128()
    for number, values in enumerate(rows):
        pooled = Pooled.of(values, f"{name}, row {number}")
        digest.update(pooled.hash)
        if kept is not None:
            kept.append(pooled)
    return digest.hexdigest()


def drawn_pools(recipe: Recipe) -> set[str]:
    """Return the pools that must be in memory: shots, growth and filters use them."""
    return {pool for step in recipe.steps for pool in step.pools()} | {
        pool
        for chain in (*(step.filters() for step in recipe.steps), *recipe.chains.values())
        for check in chain
        for pool in check.pools()
    }


_LARGEST_AXIS = 4_000_000


def axis_values(read: Read, name: str, *, allow_files: bool) -> dict[str, float]:
    """Return an axis' values with their weights."""
    axis = read.recipe.axes[name]
    if not axis.file:
        return dict(axis.values)
    where = read.places.span(("axes", name, "file"))
    path = inside(read.folders, axis.file, where, allow_files=allow_files)
    try:
        if path.stat().st_size > _LARGEST_AXIS:
            what = f"`{axis.file}` is larger than {_LARGEST_AXIS // 10**6} MB, which no axis needs."
            fix = "Name a file with one value a line."
            raise RecipeError([Problem("SOF007", where, what, fix)])
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        what = f"`{axis.file}` cannot be read: {error}."
        fix = "Save it as UTF-8 text, and check that you may read it."
        raise RecipeError([Problem("SOF202", where, what, fix)]) from error
    values = dict.fromkeys((line for line in lines if line), 1.0)
    if not values:
        what, fix = f"`{axis.file}` has no values.", "Write one a line."
        raise RecipeError([Problem("SOF211", Span(path), what, fix)])
    return values


def _rows(read: Read, name: str, *, allow_files: bool) -> Iterator[Values]:
    pool = read.recipe.seeds[name]
    if pool.rows:
        yield from _inline(read, name, pool)
        return
    files, problems = _files(read, name, pool, allow_files=allow_files), list[Problem]()
    whole, among, empty = bool(pool.files), len(files) > 1, True
    for path in files:
        shown = _shown(path, read.folders)
        try:
            for row in read_seeds(path, name=shown, columns=pool.columns, whole=whole, among=among):
                empty = False
                yield row.values
        except RecipeError as error:
            problems += error.problems
            if len(problems) >= MAX_PROBLEMS:
                what = "Reading stopped here; there may be more problems."
                problems.append(Problem("SOF209", Span(path), what, "Mend these first."))
                break
    if empty and not problems:
        where = read.places.span(("seeds", name, "files"))
        what = f"No file that `{pool.files}` matches has a row."
        problems = [Problem("SOF209", where, what, "Add one, or remove the pool.")]
    if problems:
        raise RecipeError(problems)


def _inline(read: Read, name: str, pool: Seeds) -> Iterator[Values]:
    for item in inline_rows(name, pool, read.places):
        if isinstance(item, Misfit):
            raise RecipeError([*item.problems.values()])
        yield item.values


def _files(read: Read, name: str, pool: Seeds, *, allow_files: bool) -> Sequence[Path]:
    key = "file" if pool.file else "files"
    where = read.places.span(("seeds", name, key))
    if pool.file:
        return [inside(read.folders, pool.file, where, allow_files=allow_files)]
    return seeds_matching(read.folders, pool.files, where, allow_files=allow_files).files


def files_of(read: Read, *, allow_files: bool = False) -> Iterator[Path]:
    """Yield the files of a recipe's seed pools and axes, and its models' chat templates."""
    for name, pool in read.recipe.seeds.items():
        if not pool.rows:
            yield from _files(read, name, pool, allow_files=allow_files)
    for name, axis in read.recipe.axes.items():
        if axis.file:
            where = read.places.span(("axes", name, "file"))
            yield inside(read.folders, axis.file, where, allow_files=allow_files)
    for model in read.recipe.models.values():
        found = (folder / model.chat_template for folder in read.folders if model.chat_template)
        yield from (path for path in found if path.is_file())


def _shown(path: Path, folders: Sequence[Path]) -> str:
    folder = next((one for one in folders if path.is_relative_to(one)), None)
    return path.relative_to(folder).as_posix() if folder else path.name
