"""The flow of columns through the steps: every name used is made before, and made once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from sofrito.recipe.base import HeadFacts, Key
from sofrito.recipe.check_alike import check_ranked, learn_alike
from sofrito.recipe.check_asked import check_step_model
from sofrito.recipe.check_context import check_context
from sofrito.recipe.check_draws import (
    check_draws,
    check_shown,
    drawn_columns,
    drawn_gaps,
    drawn_values,
)
from sofrito.recipe.check_filters import check_filters, check_used
from sofrito.recipe.check_heads import head_facts
from sofrito.recipe.check_library import check_library_file
from sofrito.recipe.check_score import check_score
from sofrito.recipe.check_siblings import check_margin
from sofrito.recipe.check_subjects import check_subjects
from sofrito.recipe.check_topics import axis_records, axis_types
from sofrito.recipe.check_truth import check_truth, kept_by
from sofrito.recipe.check_types import CODE as MISUSED
from sofrito.recipe.check_types import other_type
from sofrito.recipe.draft import Broken
from sofrito.recipe.inference import common, list_of
from sofrito.recipe.known import Known
from sofrito.recipe.learn_ranges import learn_ranges
from sofrito.recipe.names import Names
from sofrito.recipe.reserved import LANGUAGE, OWN
from sofrito.recipe.scene import Scene
from sofrito.recipe.seed_values import unnameable
from sofrito.recipe.value_types import Gap, Values
from sofrito.recipe.verb import Verb

_BROKEN = "a broken step"
_RENAME = "Rename one of the two"
_LISTS = (
    "`parse: json` with `schema: {COLUMN: strings}` makes a list; `parse: numbered_list` makes rows, "
    "which need no `explode`."
)


def check_flow(scene: Scene) -> Names:
    """Check every step in order, and return the names that rows have at the end."""
    flow = _Flow(scene)
    for index, step in enumerate(scene.recipe.steps):
        if isinstance(step, Broken):
            flow.broken(step)
        else:
            flow.step(("steps", index), step)
    return flow.names()


class _Flow:
    def __init__(self, scene: Scene) -> None:
        self._scene, self._problems = scene, scene.problems
        self._known = Known(
            longest={
                name: max((len(value.split()) for value in axis.values), default=0)
                for name, axis in scene.recipe.axes.items()
            },
            values=axis_types(scene),
        )
        self._labels: set[str] = set()
        self._open = not (scene.draft.sound("axes") and scene.draft.sound("from"))
        self._unclear = False
        self._odd: dict[str, str] = {}
        for name in scene.recipe.axes:
            self._make(name, "the axis", ("axes", name), at_key=True)
        self._known.records.update(axis_records(scene))
        for name in scene.recipe.seeds:
            self._taken(name, OWN, ("seeds", name), at_key=True)
        self._start()

    def names(self, later: Mapping[str, str] | None = None) -> Names:
        """Return the names known at this point."""
        return Names(
            dict(self._known.makers),
            self._open,
            later or {},
            records=dict(self._known.records),
            gone=self._known.gone,
            odd=self._odd,
            values={**dict.fromkeys(self._known.ranges, Values("number")), **self._known.values},
            nulls=dict(self._known.nulls),
            ranges=dict(self._known.ranges),
            kept=dict(self._known.kept),
        )

    def broken(self, step: Broken) -> None:
        """Take what a broken step may make as made."""
        self._open = self._open or not step.known
        self._unclear = True
        self._known.kept.clear()
        self._known.makers.update(dict.fromkeys(step.columns, _BROKEN))

    def _start(self) -> None:
        """Add the columns of the pool that candidates start from."""
        pool = self._scene.recipe.from_
        if not pool or not self._scene.draft.sound("from"):
            return
        if not self._scene.declared("seeds", pool, ("from",)):
            self._open = True
            return
        columns = self._scene.pools[pool].columns if pool in self._scene.pools else None
        if columns is None:
            self._open = True
        self._odd = unnameable(columns or ())
        for column in sorted({*(columns or ())} - {*self._odd.values()}):
            self._make(column, f"the seeds `{pool}`", ("from",))
            self._known.longest[column] = self._scene.pools[pool].longest.get(column, 0)
            if known := self._scene.pools[pool].values.get(column):
                self._known.values[column] = known
            if column in self._scene.pools[pool].ranges:
                self._known.kept[column] = self._scene.pools[pool].ranges[column]
            if gap := self._scene.pools[pool].gaps.get(column):
                self._known.nulls[column] = gap

    def step(self, path: Key, step: Verb) -> None:
        """Check one step, and add what it makes."""
        self._label(path, step)
        before = replace(self.names(self._later(path)), making=frozenset(step.makes()))
        reads: set[str] = set()
        if step.when:
            reads |= self._condition(step.when, (*path, "when"), before)
            if step.fans_out():
                what = "A step that makes several rows of one takes no `when`."
                fix = "Filter the rows before it, or let the template tell the cases apart."
                self._problems.add("SOF212", (*path, "when"), what, fix, at_key=True)
            before = replace(before, nulls={})
        reads |= self._expressions(path, step, before)
        reads |= self._templates(path, step, self._seen(path, step, before))
        facts = head_facts(self._scene, path, step)
        check_subjects(self._scene, path, step)
        self._made_of(path, step.uses())
        for name in step.uses():
            check_used(self._scene, name, path, before)
        self._wanted(path, step, before.typed(step.wants()) if step.wants() else {})
        check_filters(self._scene, path, step, before, self._known, unclear=self._unclear)
        check_step_model(self._scene, path, step)
        check_context(self._scene, path, step, self._known.longest, before.values)
        check_draws(self._scene, path, step)
        if step.fans_out():
            self._known.open(step)
        if step.closes():
            self._close(path, step)
        fresh = [name for name in (*step.makes(), *step.rewrites()) if name not in before.known]
        for name in step.makes():
            at = self._scene.places.find((*path, step.verb), name)
            self._make(name, f"`{step.label}`", at, fix=_otherwise(step, name))
        for name in step.rewrites():
            self._reserved(name, self._scene.places.find((*path, step.verb), name))
            self._known.makers.setdefault(name, f"`{step.label}`")
        self._learn(path, step, facts, before)
        learn_alike(step, before.known.keys() & {*reads, *step.uses()}, self._known)
        self._known.nulls.update(dict.fromkeys(fresh, _unless(step.when)) if step.when else {})
        if step.keep:
            after = self.names(self._later(path))
            after = replace(after, nulls={}) if step.when else after
            kept = self._condition(step.keep, (*path, "keep"), after)
            self._known.settle(() if step.when else kept)
            if not step.when and (*path, "keep") not in self._scene.names.spliced:
                self._known.kept = kept_by(step.keep, after)
        for key, (what, fix) in step.doubts().items():
            self._problems.warn("SOF212", (*path, *key), f"{what}.", fix)

    def _close(self, path: Key, step: Verb) -> None:
        """Close the innermost siblings; those of a broken step may be meant, and other columns go on."""
        had = self._known.makers
        closed = self._known.close(step)
        if self._unclear:
            going_on = {*had, *step.makes()} - {*self._known.makers} | {*step.makes()}
            self._known.makers.update(dict.fromkeys(going_on, _BROKEN))
            self._known.gone = {k: v for k, v in self._known.gone.items() if k not in had}
        elif not closed:
            what = f"`{step.verb}` makes one row of siblings, and no earlier step makes any."
            fix = "Make siblings first: by a list that is parsed, by `n: 4`, or by `explode`."
            self._problems.add("SOF212", path, what, fix)

    def _expressions(self, path: Key, step: Verb, before: Names) -> set[str]:
        """Check the step's expressions, and return the names that they use."""
        names, reads = before.having(step.expression_names(), "the step"), set[str]()
        for key, source in step.expressions().items():
            found = self._scene.names.expression(source, (*path, *key), names)
            if key == step.ranks_by():
                check_ranked(self._scene, (*path, *key), step, names, self._known)
                check_margin(self._scene, path, step, source, names)
                check_score(self._scene, (*path, *key), source, names, self._known.alike)
            else:
                self._made_of(path, found)
            reads |= found
        self._scene.used.update(reads)
        return reads

    def _wanted(self, path: Key, step: Verb, known: Mapping[str, Values]) -> None:
        """Check what a step needs its columns and its rows to be."""
        for name, wanted in step.wants().items():
            if what := other_type(name, wanted, known):
                at = self._scene.places.find((*path, step.verb), name)
                fix = _LISTS if wanted == "list" else "Name a column of that type."
                self._problems.add(MISUSED, at, what, fix)
        for name, (what, fix) in step.misfits(known).items():
            self._problems.add(MISUSED, self._scene.places.find(path, name), what, fix)
        if step.looks_at_siblings() and not self._known.opened and not self._unclear:
            what = f"`{step.verb}` looks at siblings, and no earlier step makes any."
            fix = "Make siblings first: by a list that is parsed, by `n: 4`, or by `explode`."
            self._problems.warn("SOF212", (*path, step.verb), what, fix, at_key=True)

    def _condition(self, source: str, path: Key, names: Names) -> set[str]:
        used = self._scene.names.expression(source, path, names)
        self._scene.used.update(used)
        check_truth(self._scene, source, path, names)
        return used

    def _learn(self, path: Key, step: Verb, facts: HeadFacts, before: Names) -> None:
        """Remember what is known of the values that a step makes, and forget what it changes."""
        self._known.forget((*step.makes(), *step.rewrites()))
        self._known.records.update({**step.records(), **facts.records})
        for name, known in step.learns(before.values).items():
            both: Values | None = known
            if step.when and name in before.known:  # it is as before where the step does nothing
                both = common(known, before.values.get(name))
            if both:
                self._known.values[name] = both
        for name, tokens in step.answered().items():
            self._known.answers[name] = tokens, step.label
        learn_ranges(self._scene, path, step, facts, before, self._known)

    def _later(self, path: Key) -> dict[str, str]:
        index = path[1]
        assert isinstance(index, int)
        return {name: maker for at, name, maker in self._makers if at > index}

    @cached_property
    def _makers(self) -> list[tuple[int, str, str]]:
        """What the steps make, the last first: the step's index, the name, what the step is called."""
        return [
            (index, name, step.label)
            for index, step in reversed([*self._scene.steps()])
            for name in (*step.makes(), *step.rewrites())
        ]

    def _label(self, path: Key, step: Verb) -> None:
        if step.name and step.name in self._labels:
            at = (*path, "name" if step.name else step.verb)
            what = f"Two steps are called `{step.label}`."
            fix = "Give this one a name of its own: `name: …`."
            self._problems.add("SOF206", at, what, fix)
        self._labels.add(step.label)

    def _seen(self, path: Key, step: Verb, before: Names) -> Names:
        """Return the names that a step's templates see: of one that compares siblings, their parent's."""
        if not step.compares():
            return before
        if self._known.opened:
            shared = dict(self._known.opened[-1].makers)
            return replace(before, known=shared, apart=frozenset(before.known.keys() - shared))
        if not self._unclear:
            what = f"`{step.label}` compares siblings, and no earlier step makes any."
            fix = "Make siblings first: by a list that is parsed, by `n: 4`, or by `explode`."
            self._problems.add("SOF212", path, what, fix)
        return before

    def _templates(self, path: Key, step: Verb, before: Names) -> set[str]:
        """Check the step's templates, and return the names that they use."""
        reads: set[str] = set()
        draws = step.draws().values()
        shots = drawn_columns(self._scene, draws) if step.draws() else None
        drawn = sum(draw.rows for draw in draws) or None
        templates = dict(step.templates())
        for key, (folder, name) in step.library_files().items():
            found = check_library_file(self._scene, (*path, *key), folder, name)
            templates |= {key: found} if found else {}
        for key, template in templates.items():
            known = before.having(step.names_at(key), "the step")
            shown = step.shows(before.values)
            own = {name: one for name, one in shown.items() if name in step.names_at(key)}
            known = replace(known, values={**known.values, **own})
            names = replace(
                known, shots=shots, drawn=drawn, unset=step.unset_names([*before.known])
            )
            if drawn and step.names_at(key) >= {"shots"}:
                rows = list_of(drawn_values(self._scene, draws))
                gaps = {**names.nulls, **drawn_gaps(self._scene, draws)}
                names = replace(names, values={**names.values, "shots": rows}, nulls=gaps)
            reads |= self._scene.names.template(template, (*path, *key), names)
        self._scene.used.update(reads)
        self._made_of(path, reads)
        check_shown(self._scene, path, step, reads)
        return reads

    def _made_of(self, path: Key, names: Iterable[str]) -> None:
        """Remember what a step makes its columns of."""
        index = path[1]
        assert isinstance(index, int)
        self._scene.reads.setdefault(index, set()).update(one.partition(".")[0] for one in names)

    def _make(
        self, name: str, maker: str, path: Key, *, at_key: bool = False, fix: str = _RENAME
    ) -> None:
        reserved, first = self._reserved(name, path, at_key=at_key), self._known.makers.get(name)
        if first and first != _BROKEN and not reserved:
            what = f"`{name}` is made twice: by {first}, and by {maker}."
            fix = f"{fix}; only `set` may change a column."
            self._problems.add("SOF206", path, what, fix, at_key=at_key)
        self._known.makers.setdefault(name, maker)

    def _reserved(self, name: str, path: Key, *, at_key: bool = False) -> bool:
        if name in LANGUAGE and path == ("from",):
            what = f"The seeds have a column `{name}`, a name that means {LANGUAGE[name]}."
            fix = "To read it in templates and expressions, rename it in the file."
            self._problems.warn("SOF206", path, what, fix)
            return True
        return self._taken(name, {**OWN, **LANGUAGE}, path, at_key=at_key)

    def _taken(self, name: str, by: Mapping[str, str], path: Key, *, at_key: bool) -> bool:
        if name not in by:
            return False
        what = f"`{name}` is taken: it means {by[name]}."
        self._problems.add("SOF206", path, what, "Choose another name.", at_key=at_key)
        return True


def _otherwise(step: Verb, name: str) -> str:
    """Return how what a step makes twice gets another name."""
    if step.closes() or name == getattr(step, "as_", ""):
        return "Give this one another name, by `as: NAME`"
    return _RENAME


def _unless(condition: str) -> Gap:
    where = f"in rows where `{condition}` is false"
    return Gap(where, f"Give the step `when: {condition}` as well", condition)
