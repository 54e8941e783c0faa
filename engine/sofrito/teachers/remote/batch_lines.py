"""The lines of batch files: what is sent for a call, and what a line of the results means."""

from collections.abc import Mapping
from typing import Any

import orjson

from sofrito.teachers.remote.wire import Failure, Hide, transient
from sofrito.teachers.teacher import Transient

Line = tuple[bytes, bytes]
"""A key and the line of the results that names it."""

_UNREAD = frozenset(("batch_expired", "batch_cancelled", "batch_canceled"))


def request_line(key: bytes, url: str, body: Mapping[str, Any]) -> bytes:
    """Return the line that asks for ``body`` at ``url``; its custom_id is the key in hex."""
    line = {"custom_id": key.hex(), "method": "POST", "url": url, "body": body}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def key_of(line: Any) -> bytes | None:
    """Return the key that a line of the results answers, or None where it names none."""
    try:
        return bytes.fromhex(line["custom_id"])
    except (KeyError, TypeError, ValueError):
        return None


def body_of(line: Mapping[str, Any], hide: Hide, again: float) -> Any:
    """Return the body's JSON of a line that was answered, as a live call of status 200 would have it.

    Raises what such a call would raise: Failure for what the server says of the question, Transient
    for what a later try may mend, to be asked again after ``again`` seconds. A call that a job had
    no time for is "overloaded": that speaks of the server and never of the prompt.
    """
    response = line.get("response")
    if isinstance(response, dict) and "body" in response:
        body, status = response["body"], _status(response.get("status_code"))
        if status == 200:
            return body
        raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
        failure = Failure(status, raw, hide)
        found = transient(failure, {})
        if found is None:
            raise failure
        raise Transient(found.cause, found.words, again)
    error = line.get("error")
    code, words = "", "the line has neither an answer nor an error"
    if isinstance(error, dict):
        code, words = str(error.get("code") or ""), str(error.get("message") or "no words")
    told = hide(f"{code}: {words}" if code else words)
    if code in _UNREAD:
        raise Transient("overloaded", told, again)
    raise Transient("time-out" if code == "request_timeout" else "server error", told, again)


def _status(told: Any) -> int:
    """Return a line's status, which some servers write as a text; 200 where none is told."""
    try:
        return int(told or 200)
    except (TypeError, ValueError, OverflowError) as e:
        words = "a line of the results has a status that is no number"
        raise Transient("bad answer", words) from e
