"""Puts a finished dataset in its place, whole or not at all."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sofrito.problems import Trouble

DATASET = "dataset"
_PARTIAL = ".dataset.partial"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def placed(run: Path) -> Iterator[Path]:
    """Lend an empty folder for a dataset and what lies beside it; at the end move all into ``run``.

    The lent folder is gone afterwards, whatever happened. The old dataset leaves before anything is
    replaced and the new one comes last: while ``run`` has a dataset, the files beside it are its
    own. Raises Trouble where the file system refuses.
    """
    partial = run / _PARTIAL
    try:
        _remove(partial)
        partial.mkdir()
        (partial / DATASET).mkdir()
        yield partial
        _move(partial, run)
    except OSError as error:
        raise trouble(error, run) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial)


def _move(partial: Path, run: Path) -> None:
    beside = sorted(path.name for path in partial.iterdir() if path.name != DATASET)
    if (run / DATASET).exists():
        (run / DATASET).rename(partial / "replaced")
    for name in beside:
        (partial / name).replace(run / name)
    (partial / DATASET).rename(run / DATASET)


def trouble(error: OSError, run: Path) -> Trouble:
    """Return what a failed write means for the user."""
    again = "Then run again: the rows are kept, nothing is asked twice."
    if error.errno in _FULL:
        return Trouble(
            f"There is no space left for the dataset in {run}.", f"Free some space. {again}"
        )
    if error.errno in _FORBIDDEN:
        return Trouble(
            f"The dataset cannot be written: {run} does not allow it ({error.strerror}).",
            f"Allow writing in that folder, or move it to where you may write. {again}",
        )
    return Trouble(
        f"The dataset cannot be written in {run}: {error.strerror or error}.",
        f"Check that folder and its disk. {again}",
    )
