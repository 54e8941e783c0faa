"""From a finished run to the dataset that a trainer loads."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sofrito.export.card import card
from sofrito.export.dataset import write_dataset
from sofrito.export.facts import CardFacts, Exported, ExportedFile
from sofrito.export.folder import placed
from sofrito.export.mix import RealRows
from sofrito.export.order import Ranks
from sofrito.export.part import Part
from sofrito.export.review import Sample
from sofrito.export.sequence import rows_of
from sofrito.export.tables import write_rejected
from sofrito.recipe.model import Recipe


def export(
    folder: Path,
    recipe: Recipe,
    facts: CardFacts,
    *,
    real: RealRows | None = None,
    ranks: Ranks | None = None,
) -> Exported:
    """Turn a run folder's rows.jsonl and rejected.jsonl into a dataset in the same folder.

    Writes `dataset/<format>/<split>.parquet` (or .jsonl), `provenance.parquet`, `rejected.parquet`
    and the card `README.md`, all of them or none, replacing what an earlier export left. Equal
    rows, recipe and facts give files equal to the byte under one version of the Parquet writer.
    A review that was filled in is kept; it is not among the files that are returned.

    ``real`` reads the rows of the pool that the recipe mixes in; ``ranks`` are the values of the axes
    in their order. Raises Trouble where the rows cannot be read or the files cannot be written.
    """
    output = recipe.output
    with placed(folder) as partial:
        rows = rows_of(folder, recipe, real=real, ranks=ranks or {})
        sample = Sample(output.review, recipe.seed, folder) if output.review else None
        written = write_dataset(rows, partial, recipe, sample)
        parts = written.parts
        reasons = write_rejected(folder, partial)
        notes = [*facts.notes, *rows.notes, *written.notes, *_empty_splits(parts)]
        notes += [note for part in parts for note in part.notes()]
        notes += sample.write(partial) if sample else []
        text = card(
            recipe,
            facts,
            rows=written.rows,
            parts=parts,
            reasons=reasons,
            notes=notes,
            real=rows.real,
            review=sample.reviewed if sample else None,
        )
        (partial / "README.md").write_text(text, encoding="utf-8", newline="\n")
        files = tuple(
            _exported(path, partial)
            for path in sorted(partial.rglob("*"))
            if path.is_file() and not path.name.startswith("review.")
        )
    rows_by_part = {part.name: part.rows for part in parts}
    return Exported(rows_by_part, files, tuple(notes))


def _empty_splits(parts: Sequence[Part]) -> list[str]:
    """Return a note on formats without rows, and one for each split that some are empty in."""
    none = [part.name for part in parts if not any(part.rows.values())]
    told = f"{', '.join(none)}: there are no rows, and `load_dataset` cannot load what has none."
    formats: dict[str, list[str]] = {}
    for part in parts:
        for split, rows in part.rows.items():
            if rows == 0 and part.name not in none:
                formats.setdefault(split, []).append(part.name)
    splits = [
        f"{', '.join(names)}: the split `{split}` has no rows; `load_dataset` skips its "
        f"{'file' if len(names) == 1 else 'files'}."
        for split, names in formats.items()
    ]
    return [told, *splits] if none else splits


def _exported(path: Path, partial: Path) -> ExportedFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(path.relative_to(partial).as_posix(), path.stat().st_size, digest)
