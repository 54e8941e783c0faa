"""Verbs: what happens to a row; one class, one file each."""

from sofrito.recipe.classes import Classes
from sofrito.steps.base import Step

VERBS: Classes[Step] = Classes(
    "sofrito.steps",
    {
        "generate": "generate:Generate",
        "converse": "converse:Converse",
        "chunk": "chunk:Chunk",
        "set": "set:Set",
        "evolve": "evolve:Evolve",
        "revise": "revise:Revise",
        "judge": "judge:Judge",
        "verify": "verify:Verify",
        "vote": "vote:Vote",
        "filter": "filter:Filter",
        "dedup": "dedup:Dedup",
        "explode": "explode:Explode",
        "collect": "collect:Collect",
        "pair": "pair:Pair",
        "grow": "grow:Grow",
    },
)

__all__ = ["VERBS", "Step"]
