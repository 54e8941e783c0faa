"""Requests to one server: sent, timed, read, and sorted by what came of them."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from sofrito.problems import Trouble
from sofrito.recipe.machine import is_loopback
from sofrito.teachers.remote.profiles import Profile, profile_of
from sofrito.teachers.remote.wire import Failure, not_an_answer, transient
from sofrito.teachers.teacher import Transient

MAX_BODY = 16 * 1024 * 1024
"""Bytes of an answer that are read; a longer one is no answer."""

DNS_SECONDS = 300


class Connection:
    """Posts JSON to paths behind ``base_url``; opens as many connections as posts are under way.

    ``where`` is the address without secrets, ``profile`` what is known of the server, ``proxy``
    the environment's for it.
    """

    def __init__(self, base_url: str, api_key: str, key_name: str, timeout: float) -> None:
        """Take the settings; Trouble when ``base_url`` or the key cannot be right.

        ``timeout`` is in seconds from sending to the last byte.
        """
        self._base = _checked(base_url)
        self._key = api_key.strip()
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise Trouble(
                f"The API key {f'in {key_name} ' if key_name else ''}has characters no key has.",
                "Copy it again, without spaces, quotes or line breaks.",
            )
        if self._key and self._base.user is not None:
            raise Trouble(
                "`base_url` names a user, and there is an API key as well.", "Keep one of them."
            )
        self._secrets = _secrets(self._base, self._key)
        self.where = str(self._base.with_user(None).with_query(None).with_fragment(None))
        self.profile: Profile = profile_of(self._base)
        self._headers = {"Content-Type": "application/json"}
        if self._key:
            self._headers[self.profile.key_header] = self.profile.key_prefix + self._key
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 15.0))
        self.proxy = _proxy(self._base)
        self._urls: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON of status 200.

        Raises Transient for what a later try may mend, Failure for another status, Trouble for a
        certificate that is none.
        """
        seconds = self._timeout.total
        with self.told(f"within {seconds:g} second{'s' * (seconds != 1)}"):
            return await self._exchange(self.url(path), orjson.dumps(body))

    @contextmanager
    def told(self, in_time: str) -> Iterator[None]:
        """Raise what goes wrong in an exchange as Transient, or as Trouble for a bad certificate.

        ``in_time`` says how soon an answer was awaited. What was never sent cost nothing; of what
        was, nobody knows.
        """
        hint = "; does it speak plain http://?" if self._base.scheme == "https" else ""
        try:
            yield
        except aiohttp.ConnectionTimeoutError as e:
            raise Transient("unreachable", f"{self.where} took no connection in time{hint}") from e
        except aiohttp.ClientConnectorSSLError as e:
            raise Transient("unreachable", f"{self.where} speaks no TLS{hint}") from e
        except TimeoutError as e:
            words = f"{self.where} did not answer {in_time}"
            raise Transient("time-out", words, spent=None) from e
        except aiohttp.ClientConnectorCertificateError as e:
            words = f"{self.where} has no valid certificate: {e.certificate_error}"
            raise Trouble(words, "Check `base_url`, or this machine's certificates.") from e
        except aiohttp.ClientPayloadError as e:
            words = f"{self.where} broke off in the middle of its answer"
            raise Transient("bad answer", words, spent=None) from e
        except (aiohttp.ClientError, OSError) as e:
            reason = e.strerror if isinstance(e, OSError) and e.strerror else type(e).__name__
            words = f"{self.where} cannot be reached ({self.hide(reason)})"
            spent = (0, 0) if isinstance(e, aiohttp.ClientConnectorError) else None
            raise Transient("unreachable", words, spent=spent) from e

    async def close(self) -> None:
        """Close the connections; calling it twice is allowed."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def hide(self, text: str) -> str:
        """Return ``text`` without the key and what else is secret of the address."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def url(self, path: str) -> URL:
        """Return the address of a path behind the base URL."""
        if path not in self._urls:
            self._urls[path] = self._base.joinpath(*path.split("/")).with_query(self._base.query)
        return self._urls[path]

    async def _exchange(self, url: URL, body: bytes) -> Any:
        response = await self._open().post(url, data=body, proxy=self.proxy, allow_redirects=False)
        try:
            raw = await _read(response)
        finally:
            response.release()
        status = response.status
        if status == 200:
            try:
                data = orjson.loads(raw)
            except orjson.JSONDecodeError as e:
                raise not_an_answer(raw, "JSON", self.hide) from e
            status = _status(data)
        if status == 200:
            return data
        failure = Failure(status, raw, self.hide)
        raise transient(failure, response.headers) or failure

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=DNS_SECONDS),
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding"),
            )
        return self._session


def _secrets(url: URL, key: str) -> tuple[str, ...]:
    """Return what no message may tell of an address and its key, the longest first.

    What has a few letters is a placeholder for a server that wants none, and stands everywhere.
    """
    found = {key, *url.query.values()}
    if url.password:
        pair = f"{url.user or ''}:{url.password}"
        found |= {url.password, b64encode(pair.encode()).decode()}
    return tuple(sorted((each for each in found if len(each) >= 8), key=len, reverse=True))


def _checked(base_url: str) -> URL:
    """Return the address that paths are put behind; Trouble when ``base_url`` cannot be one."""
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
    return url


def _proxy(url: URL) -> str | None:
    """Return the environment's proxy for ``url``: none for this machine and what NO_PROXY names.

    aiohttp's own ``trust_env`` would also send the passwords of a netrc file.
    """
    host = url.host or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(url.scheme)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, or raise Transient when it is longer than MAX_BODY."""
    content = response.content
    if content.is_eof() and content.total_bytes <= MAX_BODY:
        return content.read_nowait()
    raw = bytearray()
    async for chunk in content.iter_any():
        raw += chunk
        if len(raw) > MAX_BODY:
            response.close()
            words = f"the answer is longer than {MAX_BODY:,} bytes"
            raise Transient("bad answer", words, spent=None)
    return bytes(raw)


def _status(data: Any) -> int:
    """Return 200, or what an error in a body of status 200 calls its code, as some gateways do."""
    if not isinstance(data, dict) or not data.get("error") or data.get("choices"):
        return 200
    error = data["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
