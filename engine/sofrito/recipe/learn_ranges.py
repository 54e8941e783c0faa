"""What the numbers can be that a step makes: by its scale, by what they are computed of, by siblings."""

from sofrito.recipe.base import HeadFacts, Key
from sofrito.recipe.binding import bound_expression
from sofrito.recipe.check_quota import most_siblings
from sofrito.recipe.intervals import interval_of
from sofrito.recipe.known import Known
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb


def learn_ranges(
    scene: Scene, path: Key, step: Verb, facts: HeadFacts, before: Names, known: Known
) -> None:
    """Remember what numbers a step makes; ``before`` are the names that it sees.

    Of what may be null, since the step has a `when`, nothing is said.
    """
    if step.when:
        return
    ranges = {**step.ranges(), **facts.ranges}
    for name in step.counts_siblings() & ranges.keys():
        least, most = ranges[name]
        ranges[name] = least, max(least, min(most, most_siblings(scene, path)))
    known.ranges.update(ranges)
    source = bound_expression(step.computes(), scene.recipe.values())
    if source and (found := interval_of(source, {**before.ranges, **before.kept})):
        # as what conditions leave: it tells what is never true, and no more
        known.kept.update(dict.fromkeys(step.rewrites(), found))
