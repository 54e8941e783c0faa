"""From a finished run to the dataset that a trainer loads."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sofrito.export.card import card
from sofrito.export.dataset import write_dataset
from sofrito.export.facts import CardFacts, Exported, ExportedFile
from sofrito.export.folder import placed
from sofrito.export.part import Part
from sofrito.export.tables import write_rejected
from sofrito.recipe.model import Recipe


def export(folder: Path, recipe: Recipe, facts: CardFacts) -> Exported:
    """Turn a run folder's rows.jsonl and rejected.jsonl into a dataset in the same folder.

    Writes `dataset/<format>/<split>.parquet` (or .jsonl), `provenance.parquet`, `rejected.parquet`
    and the card `README.md`, all of them or none, replacing what an earlier export left. Equal
    rows, recipe and facts give files equal to the byte under one version of the Parquet writer.
    Raises Trouble where the rows cannot be read or the files cannot be written.
    """
    with placed(folder) as partial:
        parts, rows = write_dataset(folder, partial, recipe)
        reasons = write_rejected(folder, partial)
        notes = [*_empty_splits(parts), *(note for part in parts for note in part.notes())]
        text = card(recipe, facts, rows=rows, parts=parts, reasons=reasons, notes=notes)
        (partial / "README.md").write_text(text, encoding="utf-8", newline="\n")
        files = tuple(
            _exported(path, partial) for path in sorted(partial.rglob("*")) if path.is_file()
        )
    return Exported({part.name: part.rows for part in parts}, files, tuple(notes))


def _empty_splits(parts: Sequence[Part]) -> list[str]:
    return [
        f"{part.name}: the split `{split}` has no rows; its file is there, `load_dataset` skips it."
        for part in parts
        for split, rows in part.rows.items()
        if rows == 0
    ]


def _exported(path: Path, partial: Path) -> ExportedFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(path.relative_to(partial).as_posix(), path.stat().st_size, digest)
