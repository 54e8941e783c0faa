"""The content hash of a model file, kept between runs so that 20 GB are read once."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson
import xxhash

CHUNK = 1 << 22


def user_cache() -> Path:
    """Return the folder of this user where files may be kept that can be made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sofrito"


def content_hash(path: Path, cache: Path | None = None) -> str:
    """Return the xxh3-128 of the file's content in hex; raises OSError when it cannot be read.

    The hash is taken from ``cache`` (a folder, default :func:`user_cache`) where path, size and
    modification time (ns) are those of an earlier run. A cache that cannot be read or written
    costs time and nothing else.
    """
    path = path.resolve()
    stat = path.stat()
    key = f"{path}|{stat.st_size}|{stat.st_mtime_ns}"
    store = (cache or user_cache()) / "weights.json"
    known = _load(store)
    if key not in known:
        digest = _digest(path)
        others = {k: v for k, v in known.items() if not k.startswith(f"{path}|")}
        _save(store, others | {key: digest})
        return digest
    return known[key]


def _digest(path: Path) -> str:
    state = xxhash.xxh3_128()
    with path.open("rb") as f:
        while chunk := f.read(CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _load(store: Path) -> dict[str, str]:
    try:
        found = orjson.loads(store.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str) and len(v) == 32}


def _save(store: Path, known: dict[str, str]) -> None:
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=store.parent, delete=False) as f:
            f.write(orjson.dumps(known, option=orjson.OPT_INDENT_2))
        Path(f.name).replace(store)
    except OSError:
        return
