"""What the process that renders and its parent write to each other: frames of a kind and a length."""

import marshal
import pickle
import struct
from array import array
from collections.abc import Sequence
from typing import Any, BinaryIO

HEADER = struct.Struct("<cQ")

RENDER, SOURCE = b"R", b"S"
"""What the parent sends: texts to render; the template that was asked for."""

TEXTS, ASK, BOUND, BUG = b"T", b"A", b"B", b"X"
"""What it gets: rendered texts; which template is needed; which bound was hit; a bug's traceback."""


def write(stream: BinaryIO, kind: bytes, payload: bytes) -> None:
    """Write a frame."""
    stream.write(HEADER.pack(kind, len(payload)) + payload)
    stream.flush()


def packed(value: Any) -> bytes:
    """Return a value for the process that renders, which trusts its parent."""
    try:
        return b"m" + marshal.dumps(value)
    except ValueError:  # dates, and other values that are not of Python's own kinds
        return b"p" + pickle.dumps(value)


def unpacked(payload: bytes) -> Any:
    """Return the value that :func:`packed` was given."""
    return (marshal if payload[:1] == b"m" else pickle).loads(memoryview(payload)[1:])


def joined(texts: Sequence[tuple[bool, str]]) -> bytes:
    """Return texts, each with whether it is a prompt or says why there is none.

    Not packed: the parent trusts nothing that comes from there.
    """
    raw = [(fine, text.encode("utf-8", "surrogatepass")) for fine, text in texts]
    sizes = array("q", [len(one) if fine else ~len(one) for fine, one in raw])
    return struct.pack("<Q", len(raw)) + sizes.tobytes() + b"".join(one for _, one in raw)


def split(payload: bytes) -> list[tuple[bool, str]]:
    """Return the texts that :func:`joined` was given; raises ValueError for anything else."""
    if len(payload) < 8 or (count := struct.unpack_from("<Q", payload)[0]) > len(payload) // 8 - 1:
        raise ValueError("too short")
    at = 8 + 8 * count
    texts = []
    for size in array("q", payload[8:at]):
        end = at + (size if size >= 0 else ~size)
        texts.append((size >= 0, payload[at:end].decode("utf-8", "surrogatepass")))
        at = end
    if at != len(payload):
        raise ValueError("of another length")
    return texts
