"""A server of files and batch jobs on loopback, with faults by the job, that keeps books."""

import asyncio
import hashlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

Line = dict[str, Any]
Body = Mapping[str, Any]


def said(body: Body) -> Any:
    """Answer a body as a function of what it asks, and of nothing else."""
    if "input" in body:
        vector = [3.0, float(len(body["input"]))]
        return {"data": [{"index": 0, "embedding": vector}], "usage": {"prompt_tokens": 4}}
    asked = body.get("prompt") or body["messages"][-1]["content"]
    text = f"{asked}: {hashlib.sha256(orjson.dumps([asked, body.get('seed')])).hexdigest()[:8]}"
    usage = {"prompt_tokens": 11, "completion_tokens": 3}
    if "prompt" in body:
        return {"choices": [{"text": text, "finish_reason": "stop"}], "usage": usage}
    message = {"role": "assistant", "content": text}
    return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}


def good(line: Line) -> Line:
    """Return the line of results for a line that was answered."""
    response = {"status_code": 200, "request_id": "r", "body": said(line["body"])}
    return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}


def refused(line: Line, status: int, message: str, code: str = "") -> Line:
    """Return the line of errors for a line that the model's endpoint answered with a status."""
    body = {"error": {"message": message, "code": code}}
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}


def unread(line: Line, code: str = "batch_expired") -> Line:
    """Return the line of errors for a line that was never come to."""
    error = {"code": code, "message": "This request could not be executed."}
    return {"id": "x", "custom_id": line["custom_id"], "response": None, "error": error}


@dataclass
class Ending:
    """How a job ends: its status, the lines of its two files, and why it failed."""

    status: str = "completed"
    output: list[Line] = field(default_factory=list)
    errors: list[Line] = field(default_factory=list)
    why: list[dict[str, str]] = field(default_factory=list)


def well(lines: list[Line]) -> Ending:
    """End with every line answered, in another order than asked."""
    return Ending(output=[good(line) for line in reversed(lines)])


Play = Callable[[list[Line]], Ending]


@dataclass
class BatchServer:
    """Plays one of ``plays`` per job, the last one for ever; a job runs for ``looks`` looks at it.

    ``refusals`` answer requests by "METHOD /path" before anything happens, ``deaf`` are requests
    that do their work and then drop the connection, ``gate`` holds back the answer to a new job.
    A listed job tells its metadata, or if ``remembers_metadata`` is false the file it was made of.
    ``live`` counts the calls that came one by one, ``asked`` how often each custom_id was in a job.
    """

    plays: list[Play] = field(default_factory=lambda: [well])
    looks: int = 1
    base_url: str = ""
    refusals: dict[str, list[web.Response]] = field(default_factory=dict)
    deaf: Counter[str] = field(default_factory=Counter)
    gate: asyncio.Event | None = None
    remembers_metadata: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    live: int = 0
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _made: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_jobs(self, number: int) -> None:
        """Wait until so many jobs were made."""
        while len(self.jobs) < number:
            self._made.clear()
            await self._made.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1/")
        kind = f"{request.method} {path.partition('/')[0]}"
        self.requests.append(kind)
        if self.refusals.get(kind):
            await request.read()
            return self.refusals[kind].pop(0)
        response = await self._answer(request, kind, path)
        if self.deaf[kind]:
            self.deaf[kind] -= 1
            assert request.transport is not None
            request.transport.abort()
        return response

    async def _answer(self, request: web.Request, kind: str, path: str) -> web.Response:
        match kind:
            case "POST files":
                form = await request.post()
                assert form["purpose"] == "batch"
                return self._json({"id": self._file(form["file"].file.read())})  # type: ignore[union-attr]
            case "GET files":
                return web.Response(body=self.files[path.split("/")[1]])
            case "POST batches":
                job = self._make(await request.json())
                self._made.set()
                if self.gate is not None:
                    await self.gate.wait()
                return self._json(job)
            case "GET batches" if "/" in path:
                return self._look(path.split("/")[1])
            case "GET batches":
                return self._list(request)
        self.live += 1
        return self._json(said(await request.json()))

    def _file(self, content: bytes) -> str:
        name = f"file-{next(self._ids)}"
        self.files[name] = content
        return name

    def _make(self, wish: Body) -> dict[str, Any]:
        lines = [orjson.loads(line) for line in self.files[wish["input_file_id"]].splitlines()]
        assert all(line["url"] == wish["endpoint"] for line in lines)
        self.asked.update(line["custom_id"] for line in lines)
        self.sizes.append(len(lines))
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        ending = play(lines)
        job = {
            "id": f"batch-{next(self._ids)}",
            "input_file_id": None if self.remembers_metadata else wish["input_file_id"],
            "metadata": wish["metadata"] if self.remembers_metadata else None,
            "created_at": int(time.time()),
            "status": "in_progress",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "looks": self.looks,
            "ending": ending,
        }
        self.jobs[str(job["id"])] = job
        return _shown(job)

    def _look(self, name: str) -> web.Response:
        job = self.jobs.get(name)
        if job is None:
            return self._json({"error": {"message": "no such batch"}}, 404)
        job["looks"] -= 1
        job["request_counts"]["completed"] = job["request_counts"]["total"] // 2
        if job["looks"] < 0 and job["status"] == "in_progress":
            ending: Ending = job["ending"]
            job["status"] = ending.status
            job["errors"] = {"data": ending.why}
            for key, lines in (("output_file_id", ending.output), ("error_file_id", ending.errors)):
                if lines:
                    job[key] = self._file(b"\n".join(map(orjson.dumps, lines)))
        return self._json(_shown(job))

    def _list(self, request: web.Request) -> web.Response:
        newest = [_shown(job) for job in reversed(self.jobs.values())]
        after = request.query.get("after")
        start = next((i + 1 for i, job in enumerate(newest) if job["id"] == after), 0)
        page = newest[start : start + 2]
        return self._json({"data": page, "has_more": start + 2 < len(newest)})

    def _json(self, data: Any, status: int = 200) -> web.Response:
        return web.Response(body=orjson.dumps(data), status=status, content_type="application/json")


def _shown(job: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key not in ("looks", "ending")}


@asynccontextmanager
async def serving_batches(
    server: BatchServer | None = None, port: int = 0
) -> AsyncIterator[BatchServer]:
    """Serve on a port of 127.0.0.1; a server that was stopped goes on with what it knew."""
    server = server or BatchServer()
    app = web.Application(client_max_size=2**27)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()
