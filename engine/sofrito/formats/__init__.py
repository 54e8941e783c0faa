"""Output formats: what an accepted row becomes in the dataset; one class, one file each."""

from sofrito.formats.alpaca import Alpaca
from sofrito.formats.base import Format, Type, Unfit
from sofrito.formats.distill import Distill
from sofrito.formats.messages import Messages
from sofrito.formats.prompt_completion import PromptCompletion
from sofrito.formats.raw import Raw
from sofrito.formats.text import Text

FORMATS: dict[str, type[Format]] = {
    cls.format: cls for cls in (Messages, Alpaca, PromptCompletion, Text, Distill, Raw)
}

__all__ = ["FORMATS", "Format", "Type", "Unfit"]
