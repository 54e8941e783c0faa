"""Vectors as the journal keeps them; import it only where numpy is."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused


def embedded(vectors: Any, tokens: Iterable[int]) -> list[Embedded | Refused]:
    """Return the rows of a matrix (texts x dimensions) as results, each brought to length 1.

    ``tokens`` are the tokens read of each text. A row of zeros, which is what a text without tokens
    comes to, has no direction: it is refused.
    """
    found = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(found, axis=1)
    unit = found / np.where(lengths > 0, lengths, 1)[:, None]
    return [
        Embedded(row.astype("<f4").tobytes(), n)
        if 0 < length < np.inf
        else Refused("no vector", "the text has no token that the embedding model knows")
        for row, length, n in zip(unit, lengths, tokens, strict=True)
    ]
