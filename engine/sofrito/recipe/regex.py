"""Regular expressions that a stranger may write: they take time in proportion to the text."""

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

TOO_LARGE = "it is too large, once its counts are written out"
"""Why an expression such as `a{1,100000}` cannot be used."""


class Regex:
    """A compiled regular expression in the syntax of Rust's `regex` crate, which pydantic brings.

    It knows no look-around and no back-references, and so it never tries a text twice: Python's
    `re` takes years for `(a+)+$` and thirty characters. Raises ValueError, whose text says what is
    wrong, for what is not such an expression.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._schema = SchemaValidator(core_schema.str_schema(pattern=source, strict=True))
        except SchemaError as error:
            raise ValueError(_why(str(error))) from error

    def found_in(self, text: str) -> bool:
        """Say whether the expression matches anywhere in a text."""
        return self._schema.isinstance_python(text)


@lru_cache(maxsize=256)
def regex(source: str) -> Regex:
    """Return the compiled expression for a text; the last 256 are kept."""
    return Regex(source)


def _why(error: str) -> str:
    """Return the last line of what the crate says, and what it cannot know."""
    why = error.rpartition("error: ")[2].rpartition("SchemaError: ")[2].strip().rstrip(".")
    if "exceeds size limit" in why:
        return TOO_LARGE
    return why[:1].lower() + why[1:]
