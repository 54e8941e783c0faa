"""Regular expressions that a stranger may write: they take time in proportion to the text."""

from functools import cache

from pydantic_core import SchemaError, SchemaValidator, core_schema


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


@cache
def regex(source: str) -> Regex:
    """Return the compiled expression for a text; the same text is compiled once."""
    return Regex(source)


def _why(error: str) -> str:
    """Return the last line of what the crate says, and what it cannot know."""
    why = error.rpartition("error: ")[2].rpartition("SchemaError: ")[2].strip().rstrip(".")
    return why[:1].lower() + why[1:]
