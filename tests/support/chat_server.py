"""A chat server on loopback that answers as a test tells it to, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Scene = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ChatServer:
    """Plays one scene per request, the last one for ever; ``bodies`` is what it was sent."""

    scenes: list[Scene]
    base_url: str = ""
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        self.paths.append(request.path_qs)
        scene = self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]
        return await scene(request)


@asynccontextmanager
async def serving(scenes: Iterable[Scene]) -> AsyncIterator[ChatServer]:
    """Serve on a free port of 127.0.0.1."""
    server = ChatServer(list(scenes))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        server.base_url = f"http://127.0.0.1:{port}/v1"
        yield server
    finally:
        await runner.cleanup()


def completion(text: Any = "Hello.", finish: str | None = "stop", **message: Any) -> Any:
    """Return the body of a chat completion of 11 prompt tokens and 3 others."""
    return {
        "choices": [{"message": {"content": text, **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3},
    }


def reply(body: Any = None, status: int = 200, **headers: str) -> Scene:
    """Answer with JSON; underscores in a header's name are hyphens."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}

    async def scene(_: web.Request) -> web.StreamResponse:
        shown = completion() if body is None else body
        return web.json_response(shown, status=status, headers=named)

    return scene


def raw(text: str) -> Scene:
    async def scene(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type="application/json")

    return scene


def error(status: int, message: str, code: str = "", **headers: str) -> Scene:
    return reply({"error": {"message": message, "code": code}}, status, **headers)


async def reset(request: web.Request) -> web.StreamResponse:
    """Send half a body and drop the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.abort()
    return response


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Drop the connection before a byte is sent."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def stall(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()
