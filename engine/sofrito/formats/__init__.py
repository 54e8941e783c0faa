"""Output formats: what an accepted row becomes in the dataset; one class, one file each."""

from sofrito.formats.base import Format, Type, Unfit
from sofrito.recipe.classes import Classes

FORMATS: Classes[Format] = Classes(
    "sofrito.formats",
    {
        "messages": "messages:Messages",
        "sharegpt": "sharegpt:Sharegpt",
        "alpaca": "alpaca:Alpaca",
        "prompt_completion": "prompt_completion:PromptCompletion",
        "dpo": "dpo:Dpo",
        "orpo": "dpo:Orpo",
        "kto": "kto:Kto",
        "reward": "reward:Reward",
        "text": "text:Text",
        "distill": "distill:Distill",
        "raw": "raw:Raw",
    },
)

__all__ = ["FORMATS", "Format", "Type", "Unfit"]
