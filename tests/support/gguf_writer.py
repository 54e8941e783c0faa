"""Writes small GGUF files: a header and nothing that could answer."""

import struct
from pathlib import Path
from typing import Any


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, value: Any) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        body = b"".join(map(text, value))
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + body
    return text(key) + struct.pack("<II", 4, value)


def header(pairs: int, tensors: int = 0, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs)


def tensor(name: str, offset: int, kind: int = 0, shape: tuple[int, ...] = (32,)) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def write_gguf(path: Path, pairs: dict[str, Any], offsets: tuple[int, ...] = (0,)) -> Path:
    """Write a whole file: the pairs, a 32-value float tensor at each offset, and their data."""
    raw = header(len(pairs), len(offsets)) + b"".join(pair(k, v) for k, v in pairs.items())
    raw += b"".join(tensor(f"t{i}", o) for i, o in enumerate(offsets))
    raw += bytes(-len(raw) % 32) + bytes(max(offsets, default=0) + 128)
    path.write_bytes(raw)
    return path


CHAT = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.file_type": 2,
    "general.license": "apache-2.0",
    "llama.context_length": 4096,
    "tokenizer.ggml.tokens": ["a", "b", "ç"],
    "tokenizer.chat_template": "{{ messages[0].content }}",
}
