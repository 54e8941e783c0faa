"""Siblings within siblings: whether those that are made one row of are those that are meant."""

from dataclasses import dataclass

from sofrito.recipe.scene import Scene


@dataclass
class _Opened:
    """Siblings that are open: the step that made them, and the filter that leaves one, "" if none."""

    by: str
    single: str = ""


def check_nested(scene: Scene) -> None:
    """Warn of a step that closes siblings of which one is left, while there are others around it.

    Only the innermost siblings are closed: whoever thinned them out to one means the ones around.
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
                what = (
                    f"`{step.verb}` closes the siblings of `{inner.by}`, of which "
                    f"`{inner.single}` leaves one; those of `{opened[-1].by}` stay apart."
                )
                fix = f"To make one row of these too, add another `{step.verb}` below."
                path = ("steps", index, step.verb)
                scene.problems.warn("SOF212", path, what, fix, at_key=True)
