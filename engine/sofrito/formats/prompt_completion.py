"""Writes prompts with their completions."""

from typing import Any, ClassVar

from sofrito.formats.base import Column, Format, Type, Values, text_of


class PromptCompletion(Format):
    """Writes `{"prompt": ..., "completion": ...}`, two texts."""

    format: ClassVar[str] = "prompt_completion"
    apart: ClassVar[tuple[str, ...]] = ("prompt", "completion")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("completion", "prompt"),)

    prompt: Column = "prompt"
    """The column with the prompt."""

    completion: Column = "completion"
    """The column with the completion."""

    def uses(self) -> tuple[str, ...]:
        """The two columns."""
        return (self.prompt, self.completion)

    def texts(self) -> tuple[str, ...]:
        """Both columns."""
        return self.uses()

    def needs_values(self) -> tuple[str, ...]:
        """Both columns."""
        return self.uses()

    def shape(self) -> dict[str, Type]:
        """Two texts."""
        return {"prompt": "string", "completion": "string"}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's two texts."""
        return {
            "prompt": text_of(values, self.prompt),
            "completion": text_of(values, self.completion),
        }
