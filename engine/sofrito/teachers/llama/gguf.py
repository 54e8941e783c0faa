"""What a GGUF file says about itself, read from its header without loading the weights."""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_PAIRS = 65_536
MAX_TENSORS = 1_000_000
MAX_ITEMS = 8_000_000
MAX_DEPTH = 8
"""Bounds on what a header may announce; real files stay below a tenth of each."""

SCALARS = dict(enumerate(("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?")))
SCALARS |= {10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9

QUANTISATIONS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip
"""``general.file_type`` of the GGUF specification."""

TENSOR_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K",
    11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 28: "F64", 29: "IQ1_M",
    30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
    42: "Q2_0",
}  # fmt: skip
"""The types of a GGUF file's tensors by number; others are called ``type N``."""


@dataclass(frozen=True, slots=True)
class GgufInfo:
    """A model file: ``context`` is what it was trained for, in tokens; ``size`` is in bytes.

    ``name`` falls back to the file's; what the file does not say is None.
    """

    path: Path
    name: str
    architecture: str
    context: int | None
    template: str | None
    quantisation: str | None
    licence: str | None
    size: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the weights by tensor type, such as Q4_0; the biggest first."""
    layers: str | None = None
    """The type of most of the layers' matrices: what a token's time is spent on."""
    cell: int | None = None
    """Bytes that a token takes in the cache, at 16 bits a number; None where the file does not tell."""
    pooling: int | None = None
    """How an embedding model makes one vector of its tokens' (``LLAMA_POOLING_TYPE_...``)."""

    @classmethod
    def read(cls, path: Path) -> "GgufInfo":
        """Read the header of ``path``; Trouble when it is missing, no GGUF, or cut short."""
        size = _size(path)
        try:
            pairs, tensors = _contents(path)
        except OSError as e:
            raise Trouble(f"{path} cannot be read: {e.strerror}.", "Check its permissions.") from e
        except (_Broken, struct.error, UnicodeDecodeError) as e:
            raise Trouble(
                f"{path} is a GGUF file that is damaged or incomplete ({e}).",
                "Download it again, and compare its size with the one its page names.",
            ) from e
        return cls._of(path, size, pairs, tensors)

    @classmethod
    def _of(
        cls, path: Path, size: int, pairs: dict[str, Any], tensors: "list[_Tensor]"
    ) -> "GgufInfo":
        arch = _text(pairs, "general.architecture") or "unknown"
        parts = pairs.get("split.count")
        if isinstance(parts, int) and parts > 1:
            raise Trouble(
                f"{path} is one of {parts} parts of a model.",
                "Merge them into one file: llama-gguf-split --merge FIRST_PART WHOLE.gguf",
            )
        context, kind = pairs.get(f"{arch}.context_length"), pairs.get("general.file_type")
        pooling = pairs.get(f"{arch}.pooling_type")
        return cls(
            path=path,
            name=_text(pairs, "general.name") or path.stem,
            architecture=arch,
            context=context if isinstance(context, int) and context > 0 else None,
            template=_text(pairs, "tokenizer.chat_template"),
            quantisation=QUANTISATIONS.get(kind) if isinstance(kind, int) else None,
            licence=_text(pairs, "general.license"),
            size=size,
            kinds=_by_type(tensors),
            cell=_cell(pairs, arch),
            pooling=pooling if isinstance(pooling, int) else None,
            layers=next(iter(_by_type([t for t in tensors if t.of_a_layer])), None),
        )


def _size(path: Path) -> int:
    """Return the size in bytes of a file that begins as a GGUF does, or raise Trouble."""
    if path.is_dir():
        raise Trouble(f"{path} is a folder, not a model file.", "Name the .gguf file in it.")
    if path.exists() and not path.is_file():
        raise Trouble(f"{path} is not a regular file.", "Name a .gguf file.")
    try:
        with path.open("rb") as f:
            magic = f.read(4)
        size = path.stat().st_size
    except FileNotFoundError as e:
        raise Trouble(
            f"There is no model file {path}.",
            "Check the path, or use `model: local` for the embedded starter model.",
        ) from e
    except OSError as e:
        raise Trouble(f"{path} cannot be read: {e.strerror}.", "Check its permissions.") from e
    if magic != MAGIC:
        say = "is empty" if not size else "is not a GGUF file"
        lfs = " (it is a Git LFS pointer: run `git lfs pull`)" if magic == b"vers" else ""
        raise Trouble(
            f"{path} {say}{lfs}.",
            "A local teacher needs a model in GGUF format; other formats must be converted first.",
        )
    return size


def _text(pairs: dict[str, Any], key: str) -> str | None:
    value = pairs.get(key)
    return value if isinstance(value, str) and value.strip() else None


def _cell(pairs: dict[str, Any], arch: str) -> int | None:
    def number(key: str) -> int:
        value = pairs.get(f"{arch}.{key}")
        return value if isinstance(value, int) else 0

    heads = number("attention.head_count")
    each = number("embedding_length") // heads if heads else 0
    both = (number("attention.key_length") or each) + (number("attention.value_length") or each)
    return 2 * number("block_count") * (number("attention.head_count_kv") or heads) * both or None


class _Broken(Exception):
    """The header contradicts the file."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor: ``size`` in bytes, its padding counted."""

    name: str
    dimensions: int
    kind: str
    size: int

    @property
    def of_a_layer(self) -> bool:
        """Whether it is a matrix that is not the vocabulary's."""
        return self.dimensions > 1 and self.name not in ("token_embd.weight", "output.weight")


def _by_type(tensors: list[_Tensor]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.kind] = sizes.get(tensor.kind, 0) + tensor.size
    return dict(sorted(sizes.items(), key=lambda one: (-one[1], one[0])))


def _contents(path: Path) -> tuple[dict[str, Any], list[_Tensor]]:
    """Return the header's pairs, arrays as None, and the tensors; none of them may lie outside."""
    with path.open("rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = _Reader(data)
        reader.take("<I")
        version = reader.take("<I")
        if version not in VERSIONS:
            raise _Broken(f"version {version} is not known")
        tensors = reader.count("<Q", MAX_TENSORS, "tensors")
        n = reader.count("<Q", MAX_PAIRS, "metadata entries")
        pairs: dict[str, Any] = {}
        for _ in range(n):
            key = reader.string()
            pairs[key] = reader.value(reader.take("<I"))
        return pairs, reader.tensors(tensors, pairs.get("general.alignment", 32))


class _Reader:
    """A cursor over the header that never reads past the file or loops beyond the bounds."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at, self.items = data, 0, 0

    def take(self, form: str) -> Any:
        if self.at + struct.calcsize(form) > len(self.data):
            raise _Broken("it ends inside its header")
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def count(self, form: str, most: int, what: str) -> int:
        n: int = self.take(form)
        if n > most:
            raise _Broken(f"it announces {n} {what}")
        return n

    def skip(self, n: int) -> None:
        if n > len(self.data) - self.at:
            raise _Broken("it ends inside its header")
        self.at += n

    def string(self) -> str:
        n = self.take("<Q")
        start = self.at
        self.skip(n)
        return self.data[start : self.at].decode("utf-8")

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            return self.skip_array()
        if kind not in SCALARS:
            raise _Broken(f"value type {kind} is not known")
        return self.take(SCALARS[kind])

    def skip_array(self, depth: int = 1) -> None:
        kind, n = self.take("<I"), self.take("<Q")
        if kind in SCALARS:
            return self.skip(n * struct.calcsize(SCALARS[kind]))
        self.items += n
        if kind not in (STRING, ARRAY) or self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise _Broken(f"it holds an array of {n} values of type {kind}")
        for _ in range(n):
            self.skip_array(depth + 1) if kind == ARRAY else self.skip_string()
        return None

    def skip_string(self) -> None:
        self.skip(self.take("<Q"))

    def tensors(self, n: int, alignment: Any) -> list[_Tensor]:
        """Return the tensors; raise when one begins at or after the end: a download that was cut."""
        heads = [
            (self.string(), self.dimensions(), self.take("<I"), self.take("<Q")) for _ in range(n)
        ]
        if not isinstance(alignment, int) or alignment <= 0:
            raise _Broken(f"its alignment is {alignment}")
        room = len(self.data) - -(-self.at // alignment) * alignment
        starts = sorted({at for *_, at in heads})
        if starts and starts[-1] >= room:
            raise _Broken(f"{len(self.data):,} bytes are there, its tensors need more")
        sizes = {at: end - at for at, end in zip(starts, [*starts[1:], room], strict=True)}
        return [
            _Tensor(name, dimensions, TENSOR_TYPES.get(kind, f"type {kind}"), sizes[at])
            for name, dimensions, kind, at in heads
        ]

    def dimensions(self) -> int:
        n = self.count("<I", 4, "dimensions")
        self.skip(8 * n)
        return n
