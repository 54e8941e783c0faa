"""Output formats: what an accepted row becomes in the dataset; one class, one file each."""

from sofrito.formats.alpaca import Alpaca
from sofrito.formats.base import Format, Type, Unfit
from sofrito.formats.distill import Distill
from sofrito.formats.dpo import Dpo, Orpo
from sofrito.formats.kto import Kto
from sofrito.formats.messages import Messages
from sofrito.formats.prompt_completion import PromptCompletion
from sofrito.formats.raw import Raw
from sofrito.formats.reward import Reward
from sofrito.formats.sharegpt import Sharegpt
from sofrito.formats.text import Text

_BUILT_IN: tuple[type[Format], ...] = (
    Messages,
    Sharegpt,
    Alpaca,
    PromptCompletion,
    Dpo,
    Orpo,
    Kto,
    Reward,
    Text,
    Distill,
    Raw,
)
FORMATS: dict[str, type[Format]] = {cls.format: cls for cls in _BUILT_IN}

__all__ = ["FORMATS", "Format", "Type", "Unfit"]
