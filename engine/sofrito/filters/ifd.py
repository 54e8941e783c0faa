"""Keeps answers that an instruction makes likelier, but not trivially so."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from sofrito.filters.base import (
    AskingFilter,
    Columns,
    Judging,
    Values,
    Verdict,
    between,
    measured,
    texts,
)
from sofrito.filters.likelihood import mean_loss, perplexity
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import NAME
from sofrito.teachers.call import Message, Score


class Ifd(AskingFilter):
    """Keeps a row by its instruction-following difficulty (IFD, Li et al. 2023).

    It is ppl(answer given prompt) / ppl(answer): the perplexity of the step's column as the
    answer to the `prompt`, divided by that of the column by itself. From 1 on, the prompt does not
    help to write the answer, which then does not belong to it; near 0 there is nothing left to
    learn. The authors keep the rows with the highest scores below 1. An empty text is rejected
    unasked.
    """

    filter: ClassVar[str] = "ifd"

    prompt: Annotated[str, Field(pattern=NAME)]
    """The column that is the user's message."""

    below: Annotated[float, Field(gt=0)] = 1
    """Scores from here on are too high."""

    above: Annotated[float, Field(ge=0)] = 0
    """Scores up to here are too low."""

    @model_validator(mode="after")
    def _sensible(self) -> "Ifd":
        if self.below <= self.above:
            what = f"no score is below {self.below:g} and above {self.above:g}"
            fix = "Raise `below`, or lower `above`."
            raise fault("never", what, fix)
        return self

    def uses(self) -> tuple[str, ...]:
        """The prompt."""
        return (self.prompt,)

    def calls(self, columns: int) -> int:
        """Two for each column: with the prompt and without it."""
        return 2 * columns

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """The score by this model and prompt; the bounds themselves do not pass."""
        who = f" by `{self.model}`" if self.model else ""
        return {f"IFD given `{self.prompt}`{who}": between(self.above, self.below)}

    def judging(self, values: Values, columns: Columns, model: str) -> Judging:
        """Ask for the log-probabilities of each column with the prompt and without it."""
        (prompt,) = texts(values, (self.prompt,))
        found = texts(values, columns)
        if not all(text.strip() for text in (prompt, *found)):
            return Verdict(False, "nothing to score", "a text is empty")
        asked = (Message("user", prompt),)
        results = yield [Score(model, text, said) for text in found for said in (asked, ())]
        losses = [mean_loss(result) for result in results]
        pairs = zip(losses[::2], losses[1::2], strict=True)
        scores = [
            None if given is None or alone is None else perplexity(given - alone)
            for given, alone in pairs
        ]
        return measured(columns, scores, above=self.above, below=self.below)
