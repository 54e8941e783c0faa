"""Siblings within siblings: whether those that are made one row of are those that are meant."""

from dataclasses import dataclass, field

from sofrito.recipe.scene import Scene


@dataclass
class _Opened:
    """Siblings that are open: the step that made them, and the filter that leaves one, "" if none.

    ``inner`` are the steps that closed siblings within these of which a filter left one, each with
    these siblings.
    """

    by: str
    single: str = ""
    inner: list[tuple[int, "_Opened"]] = field(default_factory=list)


def check_nested(scene: Scene) -> None:
    """Warn of a step that closes siblings of which one is left, while there are others around it.

    Only the innermost siblings are closed: whoever thinned them out to one means the ones around,
    unless a step below closes these.
    """
    if not scene.all_steps_sound:
        return
    opened: list[_Opened] = []
    for index, step in scene.steps():
        if opened and not step.when:
            for one in (one for check in step.filters() for one in scene.expanded(check)):
                opened[-1].single = opened[-1].single or (one.filter if one.leaves() == 1 else "")
        if step.fans_out():
            opened.append(_Opened(step.label))
        elif step.closes() and opened:
            inner = opened.pop()
            if inner.single and opened:
                opened[-1].inner.append((index, inner))
    for outer in opened:
        for index, inner in outer.inner:
            _warn(scene, index, inner, outer)


def _warn(scene: Scene, index: int, inner: _Opened, outer: _Opened) -> None:
    verb = scene.recipe.steps[index].verb
    what = (
        f"`{verb}` closes the siblings of `{inner.by}`, of which `{inner.single}` leaves one; "
        f"those of `{outer.by}` stay apart."
    )
    fix = f"To make one row of these too, add another `{verb}` below."
    scene.problems.warn("SOF212", ("steps", index, verb), what, fix, at_key=True)
