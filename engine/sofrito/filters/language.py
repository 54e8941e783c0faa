"""Keeps texts of certain languages."""

from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from sofrito.filters.base import Columns, RowFilter, Values, Verdict, texts
from sofrito.filters.language_codes import LANGUAGES
from sofrito.problems import did_you_mean
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Strings

_READ = 4_000
"""Characters of a text that are looked at."""

_NONE = "zxx"
"""The code of no language, in ISO 639 and of the model."""


class Language(RowFilter):
    """Rejects a row if a column is surely in another language.

    By the model of py3langid (`sofrito[language]`), of the first 4,000 characters. A text that has
    no language, such as a number or a name, is in no other one.
    """

    filter: ClassVar[str] = "language"
    shorthand: ClassVar[str] = "allowed"
    package: ClassVar[str] = "py3langid"
    extra: ClassVar[str] = "language"

    allowed: Strings
    """The languages, by their codes of ISO 639: `en`, `de`, `zh`."""

    certain: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How probable another language must be. With 0, what has no language is rejected as well."""

    @field_validator("allowed")
    @classmethod
    def _known(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        for code in allowed:
            if code not in LANGUAGES:
                near = did_you_mean(code, LANGUAGES, otherwise="Such as `en`, `de`, `fr`, `zh`.")
                raise fault("pattern", f"`{code}` is no code of a language that can be told", near)
        return allowed

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Tell each column's language."""
        told = []
        for column, text in zip(columns, texts(values, columns), strict=True):
            code, sure = language_of(text)
            told.append((f"{column} is {code}", sure))
            none = code == _NONE and self.certain > 0
            if code not in self.allowed and sure >= self.certain and not none:
                return Verdict(False, "another language", *told[-1])
        return Verdict(True, "", ", ".join(words for words, _ in told), min(s for _, s in told))


def language_of(text: str) -> tuple[str, float]:
    """Return the likeliest language of a text, `zxx` for none, and its probability."""
    code, sure = _identifier().classify(text[:_READ])
    return str(code), round(float(sure), 4)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
