"""Export: a finished run becomes a dataset with its card, its provenance and its rejections."""

from sofrito.export.facts import CardFacts, Exported, ExportedFile, ModelFacts, StepFacts
from sofrito.export.whole import export

__all__ = ["CardFacts", "Exported", "ExportedFile", "ModelFacts", "StepFacts", "export"]
