"""Keeps texts that a model finds neither too odd nor too plain."""

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
from sofrito.teachers.call import Score


class Perplexity(AskingFilter):
    """Keeps a row if a model's perplexity of every column is within the bounds.

    It is exp of the mean negative log-probability of the text's tokens, the text standing by
    itself: garbled text is high, endless repetition low. Which bounds make sense depends on the
    model and on the kind of text: look at the scores of some rows first (`sofrito show`). A text
    that is empty or null is rejected unasked.
    """

    filter: ClassVar[str] = "perplexity"
    one_of: ClassVar[tuple[str, ...]] = ("below", "above")

    below: Annotated[float, Field(gt=1)] | None = None
    """Perplexities from here on are too high."""

    above: Annotated[float, Field(ge=1)] | None = None
    """Perplexities up to here are too low."""

    @model_validator(mode="after")
    def _sensible(self) -> "Perplexity":
        if self.below is None and self.above is None:
            fix = "Such as `perplexity: {below: 100}`."
            raise fault("missing", "`perplexity` needs `below`, `above` or both", fix)
        if self.below is not None and self.above is not None and self.below <= self.above:
            what = f"no perplexity is below {self.below:g} and above {self.above:g}"
            raise fault("never", what, "Raise `below`, or lower `above`.")
        return self

    def calls(self, columns: int) -> int:
        """One for each column."""
        return columns

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """The perplexity by this model; the bounds themselves do not pass."""
        who = f" by `{self.model}`" if self.model else ""
        return {f"perplexity{who}": between(self.above, self.below)}

    def judging(self, values: Values, columns: Columns, model: str) -> Judging:
        """Ask for the log-probabilities of each column, and compare its perplexity."""
        found = texts(values, columns)
        if not all(text.strip() for text in found):
            return Verdict(False, "nothing to score", "a text is empty")
        results = yield [Score(model, text) for text in found]
        losses = [mean_loss(result) for result in results]
        scores = [None if loss is None else perplexity(loss) for loss in losses]
        return measured(columns, scores, above=self.above, below=self.below)
