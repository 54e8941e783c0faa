"""Batch jobs over HTTP: upload a file, make a job of it, look at the job, read its results."""

import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from sofrito.teachers.remote.batch_jobs import Job
from sofrito.teachers.remote.connection import Connection
from sofrito.teachers.remote.wire import Failure, transient
from sofrito.teachers.teacher import Transient

PAGES, PAGE = 50, 100
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one line of results; a longer one ends the reading of its file."""

_SLACK = 300.0

_ENDED = frozenset(("completed", "expired", "cancelled", "canceled", "failed"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands: its id, status, result files ("" where there is none), the server's words.

    ``done`` of its calls, of ``total``, have come to an end; 0 where the server does not count.
    """

    name: str
    status: str
    output: str = ""
    errors: str = ""
    words: str = ""
    done: int = 0
    total: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of the job."""
        return self.status in _ENDED

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Standing":
        """Return what a job's JSON says; raises KeyError where that has no id or status."""
        errors = data.get("errors")
        told = _list(errors.get("data") if isinstance(errors, dict) else errors)
        counts = data.get("request_counts")
        words = "; ".join(
            " ".join(str(one[k]) for k in ("code", "message") if one.get(k))
            for one in told[:3]
            if isinstance(one, dict)
        )
        return cls(
            str(data["id"]),
            str(data["status"]).lower(),
            data.get("output_file_id") or "",
            data.get("error_file_id") or "",
            words,
            _count(counts, "completed") + _count(counts, "failed"),
            _count(counts, "total"),
        )


class BatchClient(Connection):
    """Speaks the files and batches endpoints behind ``base_url`` (``https://host/v1``).

    Every method raises Transient for what a later try may mend and Failure for what none will.
    """

    def __init__(self, base_url: str, api_key: str, key_name: str, timeout: float) -> None:
        """Take the settings; Trouble when ``base_url`` or the key cannot be right.

        ``timeout`` is in seconds, of a whole exchange; of silence while a file goes over.
        """
        super().__init__(base_url, api_key, key_name, timeout)
        self._of_files = aiohttp.ClientTimeout(sock_connect=15.0, sock_read=timeout)
        del self._headers["Content-Type"]  # a file is sent as a form

    async def upload(self, lines: bytes) -> str:
        """Upload a file of requests; return its id."""
        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        form.add_field(
            "file", io.BytesIO(lines), filename="sofrito.jsonl", content_type="application/jsonl"
        )
        return _text(await self._json("POST", "files", data=form, timeout=self._of_files), "id")

    async def make(self, job: Job, endpoint: str) -> Standing:
        """Make a job of its uploaded file; ``endpoint`` is the path that its lines ask."""
        wish = {
            "input_file_id": job.file,
            "endpoint": endpoint,
            "completion_window": "24h",
            "metadata": {"sofrito": job.token},
        }
        return _standing(await self._json("POST", "batches", json=wish))

    async def look(self, name: str) -> Standing:
        """Return how a job stands."""
        return _standing(await self._json("GET", f"batches/{name}"))

    async def find(self, job: Job) -> Standing | None:
        """Return the job of that token or input file among those the server lists, or None.

        Jobs are listed newest first; those older than the plan are not read.
        """
        query = {"limit": str(PAGE)}
        for _ in range(PAGES):
            try:
                page = await self._json("GET", "batches", params=query)
            except Failure as error:
                if error.status in (404, 405, 501):
                    return None  # a server without the list
                raise
            data = _list(page.get("data"))
            for one in data:
                if _is(one, job):
                    return _standing(one)
            if not page.get("has_more") or not data or _older(data[-1], job):
                return None
            query["after"] = _text(data[-1], "id")
        return None

    async def lines(self, file: str) -> AsyncGenerator[bytes, None]:
        """Yield the lines of a file of results."""
        path, rest = f"files/{file}/content", b""
        async with self._response("GET", path, timeout=self._of_files) as response:
            async for chunk in response.content.iter_any():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line
                if len(rest) > MAX_LINE:
                    raise Transient("bad answer", f"a line is longer than {MAX_LINE:,} bytes")
        yield rest

    async def _json(self, method: str, path: str, **rest: Any) -> dict[str, Any]:
        async with self._response(method, path, **rest) as response:
            raw = await response.read()
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError:
            data = None
        if not isinstance(data, dict):
            raise Transient("bad answer", self.hide(f"{self.where}/{path} sent no JSON object"))
        return data

    @asynccontextmanager
    async def _response(
        self, method: str, path: str, **rest: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a response of status 200, its body not read yet."""
        with self.told("in time"):
            async with self._open().request(
                method, self.url(path), proxy=self.proxy, allow_redirects=False, **rest
            ) as response:
                if response.status not in (200, 201):
                    failure = Failure(response.status, await response.read(), self.hide)
                    raise transient(failure, response.headers) or failure
                yield response


def _is(listed: Any, job: Job) -> bool:
    if not isinstance(listed, dict):
        return False
    metadata = listed.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("sofrito") == job.token
    return named or listed.get("input_file_id") == job.file


def _older(listed: Any, job: Job) -> bool:
    """Whether a listed job was made well before the plan, clocks apart by minutes at most."""
    made = listed.get("created_at") if isinstance(listed, dict) else None
    return isinstance(made, int) and made < job.planned - _SLACK


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(counts: Any, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def _standing(data: Mapping[str, Any]) -> Standing:
    try:
        return Standing.of(data)
    except KeyError as e:
        raise Transient("bad answer", f"the server's batch job has no {e}") from e


def _text(data: Any, key: str) -> str:
    if isinstance(data, dict) and isinstance(data.get(key), str):
        return str(data[key])
    raise Transient("bad answer", f"the server's answer has no `{key}`")
