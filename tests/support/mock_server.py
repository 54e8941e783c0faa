"""An OpenAI-compatible server on loopback with faults, latency and a capacity; also a process of its own.

``python tests/support/mock_server.py --latency 0.05 --fault 429=0.01`` prints its base URL on the
first line and serves until it is ended. A chat without schema and log-probabilities is answered by
bytes made beforehand, chosen by the request's bytes: equal requests have equal answers. It reads
HTTP itself, requests with a Content-Length only, because that costs a tenth of aiohttp's server.
"""

import argparse
import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Literal, Self
from zlib import crc32

import orjson
from mock_answers import asked_chat, asked_completion, asked_embeddings, chat, text_of

FAULTS = (
    "429", "429 wait", "500", "503", "401", "reset", "half", "stall", "invalid", "wrong", "misfit",
    "duplicate",
)  # fmt: skip
"""What may happen instead of an answer: refusals, the latter 429 with Retry-After; ``reset`` before
a byte; ``half`` a body; ``stall`` for ever; ``invalid`` JSON; ``wrong`` JSON, of another kind;
``misfit``, a text that no schema takes; ``duplicate``, the answer given before this one."""

REASONS = {200: "OK", 401: "Unauthorized", 429: "Too Many Requests", 500: "Internal Server Error"}
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class MockServer:
    """Answers chats, raw completions, embeddings and the list of models.

    ``script`` names the fault, or "ok", of each request in turn; after it ``faults`` are drawn by
    their rates from ``seed``. ``latency`` is in seconds, spread evenly by the share ``jitter`` on
    both sides. Above ``capacity`` requests in flight the rest is refused by 429, or waits for a
    place (``over``), so that the latency rises with the load; 0 is no bound. ``retry_after`` is in
    seconds. ``first`` are the probabilities of an answer's first token. ``keep`` keeps the bodies.
    """

    def __init__(
        self,
        *,
        latency: float = 0.0,
        jitter: float = 0.0,
        faults: Mapping[str, float] | None = None,
        script: Iterable[str] = (),
        seed: int = 0,
        capacity: int = 0,
        over: Literal["refuse", "queue"] = "refuse",
        retry_after: float = 1.0,
        texts: int = 256,
        words: int = 40,
        dimensions: int = 16,
        first: Mapping[str, float] | None = None,
        keep: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.latency, self.jitter, self.capacity = latency, jitter, capacity
        self.faults, self.script, self.retry_after = dict(faults or {}), list(script), retry_after
        unknown = {*self.faults, *self.script} - {*FAULTS, "ok"}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self._luck, self._texts, self._words = Random(seed), texts, words
        self._size, self._first = dimensions, first or {}
        self._over, self._waiting = over, deque[tuple["Connection", bytes, bytes]]()
        self._keep, self._host, self._port, self._last = keep, host, port, b""
        self.base_url = ""
        self.requests = self.in_flight = self.peak = self.connections = 0
        self.open: set[Connection] = set()
        self.happened: Counter[str] = Counter()
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._ready = [
            _response(orjson.dumps(chat(text_of(i, self._words)))) for i in range(self._texts)
        ]
        self._socket = await self._loop.create_server(
            lambda: Connection(self), self._host, self._port, backlog=1024
        )
        port = self._socket.sockets[0].getsockname()[1]
        self.base_url = f"http://{self._host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()
        for connection in list(self.open):
            connection.transport.abort()
        await asyncio.sleep(0)

    def stats(self) -> dict[str, Any]:
        """Return what happened so far; ``cpu`` is this process's, in seconds."""
        names = ("requests", "in_flight", "peak", "connections")
        counts = {name: getattr(self, name) for name in names}
        return counts | {"faults": dict(self.happened), "cpu": time.process_time()}

    def take(self, connection: "Connection", head: bytes, raw: bytes) -> None:
        """Answer one request, now or later."""
        method, path = head.split(b" ", 2)[:2]
        if method == b"GET":
            listed = {"object": "list", "data": [{"id": "mock", "object": "model"}]}
            shown = self.stats() if path == b"/stats" else listed
            connection.transport.write(_response(orjson.dumps(shown)))
            return
        self.requests += 1
        if self._keep:
            self.bodies.append(orjson.loads(raw))
            self.headers.append(_headers(head))
        if not self.capacity or self.in_flight < self.capacity:
            self._begin(connection, path, raw)
        elif self._over == "queue":
            self._waiting.append((connection, path, raw))
        else:
            self.happened["refused"] += 1
            connection.transport.write(self._refusal(429, wait=True))

    def _begin(self, connection: "Connection", path: bytes, raw: bytes) -> None:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        if self.latency:
            spread = self._luck.uniform(-self.jitter, self.jitter) if self.jitter else 0.0
            pause = self.latency * (1 + spread)
            self._loop.call_later(pause, self._end, connection, path, raw)
        else:
            self._end(connection, path, raw)

    def _end(self, connection: "Connection", path: bytes, raw: bytes) -> None:
        self.in_flight -= 1
        self._answer(connection.transport, path, raw)
        if self._waiting:
            self._begin(*self._waiting.popleft())

    def _fate(self) -> str:
        if self.script:
            return self.script.pop(0)
        if self.faults:
            drawn = self._luck.random()
            for name, rate in self.faults.items():
                drawn -= rate
                if drawn < 0:
                    return name
        return "ok"

    def _answer(self, transport: asyncio.Transport, path: bytes, raw: bytes) -> None:
        fate = self._fate()
        if fate == "ok":
            self._last = self._good(path, raw)
            transport.write(self._last)
            return
        self.happened[fate] += 1
        if fate[0].isdigit():
            transport.write(self._refusal(int(fate[:3]), wait=fate.endswith("wait")))
            return
        good = self._good(path, raw)
        match fate:
            case "reset":
                transport.abort()
            case "half":
                transport.write(good[:-20])
                transport.close()
            case "duplicate":
                transport.write(self._last or good)
            case "invalid":
                transport.write(_response(good.partition(b"\r\n\r\n")[2][:-20]))
            case "misfit":
                transport.write(_response(orjson.dumps(chat("This is no JSON."))))
            case "wrong":
                transport.write(_response(b'{"object":"list","data":"nothing of use"}'))

    def _good(self, path: bytes, raw: bytes) -> bytes:
        number = crc32(raw) % len(self._ready)
        if path.endswith(b"/chat/completions"):
            if b'"response_format"' in raw or b'"logprobs"' in raw or self._first:
                text = text_of(number, self._words)
                return _response(orjson.dumps(asked_chat(orjson.loads(raw), text, self._first)))
            return self._ready[number]
        body = orjson.loads(raw)
        if path.endswith(b"/embeddings"):
            return _response(orjson.dumps(asked_embeddings(body, self._size)))
        text = " " + text_of(number, self._words)
        return _response(orjson.dumps(asked_completion(body, text, self._first)))

    def _refusal(self, status: int, *, wait: bool) -> bytes:
        error = {"error": {"message": f"This mock answers {status}.", "code": None}}
        return _response(
            orjson.dumps(error), status, f"Retry-After: {self.retry_after:g}\r\n" if wait else ""
        )


class Connection(asyncio.Protocol):
    """Cuts what one client sends into requests."""

    transport: asyncio.Transport

    def __init__(self, server: MockServer) -> None:
        self._server, self._buffer = server, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections += 1
        self._server.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = LENGTH.search(head)
            close = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < close:
                return
            raw, self._buffer = self._buffer[end + 4 : close], self._buffer[close:]
            self._server.take(self, head, raw)


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.title(): value.strip() for name, _, value in (li.partition(":") for li in lines)}


def _response(body: bytes, status: int = 200, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\nContent-Type: application/json\r\n"
    )
    return f"{head}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _serve(options: argparse.Namespace) -> None:
    settings = vars(options)
    settings["faults"] = dict(settings.pop("fault"))
    async with MockServer(**settings) as server:
        print(server.base_url, flush=True)
        await asyncio.Event().wait()


def _fault(text: str) -> tuple[str, float]:
    name, _, rate = text.partition("=")
    if name not in FAULTS:
        raise argparse.ArgumentTypeError(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    try:
        share = float(rate)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{name} needs a rate from 0 to 1, as in {name}=0.01")
    return name, share


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("port", 0), ("seed", 0), ("capacity", 0), ("texts", 256), ("words", 40)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, usual in (("latency", 0.0), ("jitter", 0.0), ("retry-after", 1.0)):
        parser.add_argument(f"--{name}", type=float, default=usual)
    parser.add_argument("--over", choices=("refuse", "queue"), default="refuse")
    parser.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar="NAME=RATE",
        help=f"a share of the answers that goes wrong; NAME is one of {', '.join(FAULTS)}",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(_options()))
