"""A remote teacher: any server that speaks OpenAI's chat protocol."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion
from sofrito.teachers.remote.wire import (
    RUNGS,
    Failure,
    Rung,
    payload,
    permanent,
    read_answer,
    transient,
)
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Transient, unable

MAX_BODY = 16 * 1024 * 1024
"""Bytes of an answer that are read; a longer one is no answer."""


class OpenAITeacher:
    """Answers calls through ``{base_url}/chat/completions``; one ``complete`` is one try.

    A server may not know every way of asking: a schema is asked for by the best of
    :data:`~sofrito.teachers.remote.wire.RUNGS` that it takes, and where it wants
    ``max_completion_tokens`` it gets that. Both are found by its answers 400, which are not tries,
    and remembered. ``unmetered`` counts the answers that came without token counts (they are 0).
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        key_name: str = "",
        concurrency: int = 16,
        timeout: float = 120.0,
    ) -> None:
        """Take the settings; Trouble when ``base_url`` or the key cannot be right.

        ``key_name`` is the environment variable that holds the key, for messages; ``timeout`` is in
        seconds from sending to the last byte.
        """
        self.concurrency, self.unmetered = concurrency, 0
        self._model, self._key, self._key_name = model, api_key.strip(), key_name
        self._url = _checked(base_url)
        self._where = str(self._url.with_user(None).with_query(None).with_fragment(None))
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise Trouble(
                f"The API key {f'in {key_name} ' if key_name else ''}has characters no key has.",
                "Copy it again, without spaces, quotes or line breaks.",
            )
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 15.0))
        self._proxy = _proxy(self._url)
        self._session: aiohttp.ClientSession | None = None
        self._rung: Rung = RUNGS[0]
        self._limit_name = "max_tokens"

    def __repr__(self) -> str:
        return f"OpenAITeacher({self._where!r}, {self._model!r})"

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's name; the host is left out, since many hosts serve one model."""
        return {"backend": "openai", "model": self._model}

    async def answer(self, call: Call) -> Result:
        """Answer one call by one try.

        Raises Transient for what a later try may mend, Refused for a question that this server
        will never answer, Trouble for what concerns every call (key, model, address).
        """
        if not isinstance(call, Completion):
            raise unable("A model of a server", call, "Use an embedded model for this.")
        rungs = RUNGS[RUNGS.index(self._rung) :] if call.schema is not None else RUNGS[:1]
        failure: Failure | None = None
        for rung in rungs:
            try:
                answer = await self._ask(call, rung)
            except Failure as e:
                if not e.invalid:
                    raise self._permanent(e) from e
                failure = failure or e
                continue
            if call.schema is not None:
                self._rung = rung
            return answer
        assert failure is not None
        raise self._permanent(failure) from failure

    async def close(self) -> None:
        """Close the connections; calling it twice is allowed."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _permanent(self, failure: Failure) -> Exception:
        return permanent(failure, self._where, self._model, self._key_name)

    async def _ask(self, call: Completion, rung: Rung) -> Answer:
        """Post, and once more where the server wants another name for ``max_tokens``."""
        try:
            return await self._post(payload(self._model, call, rung, self._limit_name))
        except Failure as e:
            if self._limit_name != "max_tokens" or not e.says("max_completion_tokens"):
                raise
        self._limit_name = "max_completion_tokens"
        return await self._post(payload(self._model, call, rung, self._limit_name))

    async def _post(self, body: dict[str, Any]) -> Answer:
        try:
            return await self._exchange(orjson.dumps(body))
        except TimeoutError as e:
            words = f"{self._where} did not answer within {self._timeout.total:g} seconds"
            raise Transient("time-out", words) from e
        except aiohttp.ClientConnectorCertificateError as e:
            words = f"{self._where} has no valid certificate: {e.certificate_error}"
            raise Trouble(words, "Check `base_url`, or this machine's certificates.") from e
        except aiohttp.ClientPayloadError as e:
            words = f"{self._where} broke off in the middle of its answer"
            raise Transient("bad answer", words) from e
        except (aiohttp.ClientError, OSError) as e:
            reason = e.strerror if isinstance(e, OSError) and e.strerror else type(e).__name__
            words = f"{self._where} cannot be reached ({self._hide(reason)})"
            raise Transient("unreachable", words) from e

    async def _exchange(self, body: bytes) -> Answer:
        """Send one request; raises what aiohttp raises, TimeoutError, Transient and Failure."""
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        async with self._open().post(
            self._url, data=body, headers=headers, proxy=self._proxy, allow_redirects=False
        ) as response:
            raw = await _read(response)
        if response.status == 200 and not _is_error(raw):
            answer = read_answer(raw, self._hide)
            self.unmetered += answer.prompt_tokens == 0
            return answer
        failure = Failure(_status(response.status, raw), raw, self._hide)
        if again := transient(failure, response.headers):
            raise again
        raise failure

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        return self._session

    def _hide(self, text: str) -> str:
        # A key of a few letters is a placeholder for a server that wants none, and stands everywhere.
        return text.replace(self._key, "***") if len(self._key) >= 8 else text


def _checked(base_url: str) -> URL:
    """Return the URL that calls go to; Trouble when ``base_url`` cannot be one."""
    trimmed = base_url.strip().rstrip("/").removesuffix("/chat/completions")
    try:
        url = URL(trimmed)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise Trouble(
            "`base_url` is not the address of a server.",
            "Write it as http://localhost:8000/v1 or https://api.openai.com/v1.",
        )
    return url.joinpath("chat", "completions").with_query(url.query)


def _proxy(url: URL) -> str | None:
    """Return the environment's proxy for ``url``: none for this machine and what NO_PROXY names.

    aiohttp's own ``trust_env`` would also send the passwords of a netrc file.
    """
    host = url.host or ""
    if _is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(url.scheme)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, or raise Transient when it is longer than MAX_BODY."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > MAX_BODY:
            response.close()
            raise Transient("bad answer", f"the answer is longer than {MAX_BODY:,} bytes")
    return bytes(raw)


def _is_error(raw: bytes) -> bool:
    """Whether a body of status 200 is an error all the same, as some gateways send it."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return isinstance(data, dict) and bool(data.get("error")) and not data.get("choices")


def _status(status: int, raw: bytes) -> int:
    """Return the status, or what an error in a body of status 200 calls its code."""
    if status != 200:
        return status
    error = orjson.loads(raw)["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
