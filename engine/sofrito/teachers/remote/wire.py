"""The OpenAI chat protocol: what is sent for a call, and what an answer or an error means."""

import math
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import orjson

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused, Transient

Hide = Callable[[str], str]

SAMPLING_NAMES: Mapping[str, tuple[str, ...]] = {
    "repeat_penalty": ("repeat_penalty", "repetition_penalty"),
}
"""Keys that go by other names: llama.cpp's server says repeat_penalty, vLLM repetition_penalty.

``top_k`` and ``min_p`` are not OpenAI's either; both servers take them under these names, and
OpenAI itself answers 400.
"""

SEED_RANGE = 2**31
"""Seeds are sent modulo this: some servers hold 32 bits and take negative ones as random."""

Rung = Literal["strict", "schema", "object with schema", "object", "words"]
RUNGS: tuple[Rung, ...] = ("strict", "schema", "object with schema", "object", "words")
"""Ways to ask for JSON, best first; a server that answers 400 to one is asked by the next."""

OVERLOADED, TIME_OUT = (429, 503, 529), (408, 504)


def payload(model: str, call: Completion, rung: Rung, limit_name: str) -> dict[str, Any]:
    """Return the request's body; ``limit_name`` is what the server calls ``max_tokens``.

    ``choices`` are not sent: the protocol has no word for them, and whoever parses the answer
    checks it.
    """
    body: dict[str, Any] = {"model": model, "messages": _messages(call, rung)}
    for key, value in call.sampling.items():
        if value is None:
            continue
        names = (limit_name,) if key == "max_tokens" else SAMPLING_NAMES.get(key, (key,))
        body |= dict.fromkeys(names, value)
    if call.seed is not None:
        body["seed"] = call.seed % SEED_RANGE
    if call.schema is not None and rung != "words":
        body["response_format"] = _response_format(call.schema, rung)
    return body


def _messages(call: Completion, rung: Rung) -> list[dict[str, str]]:
    sent = [{"role": m.role, "content": m.content} for m in call.messages]
    if call.schema is not None and rung in ("object", "words") and sent:
        wish = "Answer with one JSON value that fits this JSON Schema, and nothing else:"
        sent[-1]["content"] += f"\n\n{wish}\n{orjson.dumps(call.schema).decode()}"
    return sent


def _response_format(schema: Mapping[str, Any], rung: Rung) -> dict[str, Any]:
    if rung in ("strict", "schema"):
        named = {"name": "answer", "schema": schema} | (
            {"strict": True} if rung == "strict" else {}
        )
        return {"type": "json_schema", "json_schema": named}
    return {"type": "json_object"} | ({"schema": schema} if rung == "object with schema" else {})


def read_answer(raw: bytes, hide: Hide) -> Answer:
    """Return the answer in a body of status 200; a count that is not there is 0.

    ``hide`` removes secrets from what is quoted. Raises Transient for what is no chat completion,
    Refused where the model or a filter declined.
    """
    try:
        data = orjson.loads(raw)
        choice = data["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        text = _content(message.get("content"))
        usage = data.get("usage") or {}
        counts = [_count(usage.get(f"{k}_tokens")) for k in ("prompt", "completion")]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as e:
        words = f"the server's answer is not a chat completion: {_excerpt(raw, hide)}"
        raise Transient("bad answer", words) from e
    if finish == "content_filter":
        raise Refused("content filter", "the server's filter withheld the answer")
    if not text and message.get("refusal"):
        raise Refused("declined", _excerpt(str(message["refusal"]).encode(), hide))
    cut = finish in ("length", "max_tokens")
    return Answer(text, "length" if cut else "stop", counts[0], counts[1])


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(p.get("text", "") for p in content if p.get("type") == "text")
    if content is None or isinstance(content, str):
        return content or ""
    raise TypeError(content)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


class Failure(Exception):
    """A status other than 200: ``words`` are the server's, ``code`` its machine-readable class."""

    def __init__(self, status: int, raw: bytes, hide: Hide) -> None:
        """Take the words out of the body; ``hide`` removes secrets from them."""
        self.status = status
        self.code, self.words = _error(raw, hide)
        super().__init__(status, self.words)

    def says(self, pattern: str) -> bool:
        """Whether the server's code or words match ``pattern``, case aside."""
        return re.search(pattern, f"{self.code} {self.words}", re.IGNORECASE) is not None

    @property
    def invalid(self) -> bool:
        """Whether the server calls the request itself invalid.

        llama_cpp's server does so with status 500 where it does not know a response format.
        """
        if self.status == 500:
            return self.says("response_format")
        return self.status in (400, 422) and not self.too_long

    @property
    def too_long(self) -> bool:
        """Whether the prompt does not fit."""
        return self.status == 413 or (
            self.status in (400, 422)
            and self.says(r"context.?(length|window|size)|too many tokens")
        )


def transient(failure: Failure, headers: Mapping[str, str]) -> Transient | None:
    """Return what a later try may mend, or None."""
    status, words = failure.status, f"HTTP {failure.status}: {failure.words}"
    if failure.invalid or (status == 429 and failure.says("insufficient_quota|billing")):
        return None
    if status in OVERLOADED:
        return Transient("overloaded", words, retry_after(headers))
    if status in TIME_OUT:
        return Transient("time-out", words, retry_after(headers))
    if status >= 500 or status in (409, 425):
        return Transient("server error", words, retry_after(headers))
    return None


def permanent(failure: Failure, where: str, model: str, key_name: str) -> Refused | Trouble:
    """Return what no later try mends: Refused for this question, Trouble for every one."""
    status, words = failure.status, failure.words
    if failure.too_long:
        return Refused("context", words)
    if failure.says("content_filter|content_policy|moderation|flagged"):
        return Refused("content filter", words)
    if failure.status == 400:
        return Refused("invalid request", words)
    what = f"{where} answered HTTP {status}: {words}"
    return Trouble(what, _fix(status, where, model, key_name))


def _fix(status: int, where: str, model: str, key_name: str) -> str:
    key = f"the environment variable {key_name}" if key_name else "`api_key` (none is set)"
    if status == 401:
        return f"Check the API key: {key}."
    if status == 403:
        return f"Check that the API key may use model `{model}`: {key}."
    if status in (402, 429):
        return "The account has no credit left; add some, or use another model."
    if status in (404, 405):
        return f"Check that the server has a model `{model}`, and `base_url` ({where})."
    if 300 <= status < 400:
        return "Set `base_url` to where the server really is."
    return "Check the step's `sampling` and the model's settings against what the server takes."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait: from Retry-After, in seconds or as a date.

    A date counts from the server's own Date header, so that clocks need not agree.
    """
    value = headers.get("Retry-After", "").strip()
    try:
        if millis := headers.get("retry-after-ms"):
            return _seconds(float(millis) / 1000)
        return _seconds(float(value))
    except ValueError:
        pass
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return _seconds(wait.total_seconds())


def _seconds(value: float) -> float | None:
    return max(0.0, value) if math.isfinite(value) else None


def _error(raw: bytes, hide: Hide) -> tuple[str, str]:
    """Return (code, words) of an error body, whatever its shape."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return "", _excerpt(raw, hide)
    error = data.get("error", data) if isinstance(data, dict) else data
    if isinstance(error, dict):
        words = error.get("message") or error.get("detail") or orjson.dumps(error).decode()
        code = " ".join(str(error[k]) for k in ("code", "type") if error.get(k))
        return code, _excerpt(str(words).encode(), hide)
    return "", _excerpt(str(error).encode(), hide)


def _excerpt(raw: bytes, hide: Hide) -> str:
    """Return the beginning of a body on one line, or say that it is empty."""
    words = " ".join(raw[:20_000].decode("utf-8", "replace").split())
    return hide(words)[:300] or "(no words)"
