"""What the verbs have in common that make one row of siblings."""

from collections.abc import Sequence

from sofrito.recipe.fault import fault
from sofrito.steps.base import Step
from sofrito.steps.work import Row


class Closing(Step):
    """A verb that closes the innermost siblings."""

    def closes(self) -> bool:
        """Always."""
        return True

    def takes_no_when(self) -> None:
        """Raise the error of a step with `when`: siblings are closed in every row or in none."""
        if self.when:
            what = f"`{self.verb}` takes no `when`: siblings are closed in every row"
            fix = "Remove it; a step `filter` before this one drops rows, by `keep`."
            raise fault("clash", what, fix, at="when")


def joined(parent: Row, siblings: Sequence[Row]) -> Row:
    """Return the parent with the story of what happened to its siblings since."""
    before = len(parent.story)
    return parent.told(*(event for row in siblings for event in row.story[before:]))
