"""The OpenAI protocol: what is sent for a call, and what an answer or an error means."""

import math
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion
from sofrito.teachers.remote.logprobs import MALFORMED, soft_labels
from sofrito.teachers.remote.profiles import Profile, Rung
from sofrito.teachers.result import Answer
from sofrito.teachers.sampling import most_written
from sofrito.teachers.teacher import Refused, Spent, Transient

Hide = Callable[[str], str]

SEED_RANGE = 2**31
"""Seeds are sent modulo this: some servers hold 32 bits and take negative ones as random."""

OVERLOADED, TIME_OUT = (429, 503, 529), (408, 504)

_PERHAPS_ANSWERED = (408, 502, 504, 520, 522, 524)
"""What a gateway says while the model behind it may have worked."""

_MONEY = r"\b(credits?|balance|billing|quota|payment)\b"
_KEY = r"\bapi[ _-]?keys?\b"
_MODEL = (
    r"\bmodel[ _-]?not[ _-]?(found|loaded)|\bno (such )?model\b|\bunknown model\b"
    r"|\bmodel\b.{0,200}\b(not (be )?(found|loaded)|not (exist|available)|no longer|does ?n.t exist)"
)
_FORMAT = r"response.?format|json.?schema|json.?object|\bschema|structured|grammar|guided"

NEXT_RUN = "the next run asks again"


def endpoint(call: Completion) -> str:
    """Return the path behind the base URL that takes the :func:`payload` of this call."""
    return "completions" if call.prompt else "chat/completions"


def payload(model: str, call: Completion, rung: Rung, profile: Profile) -> dict[str, Any]:
    """Return a request's body: a pure function, for live calls and for the lines of a batch job.

    Ask ``profile.check(call.sampling)`` before. ``choices`` are not sent: the protocol has no word
    for them, and whoever parses the answer checks it. Nor is a schema for a raw prompt at the last
    two rungs: there is no place for it in a text that the model goes on with.
    """
    if call.prompt:
        body: dict[str, Any] = {"model": model, "prompt": call.prompt, **profile.extra}
    else:
        body = {"model": model, "messages": _messages(call, rung), **profile.extra}
    # A limit is always sent: what nothing bounds cannot be reserved in a budget.
    body["max_tokens" if call.prompt else profile.limit] = most_written(call.sampling)
    for key, value in call.sampling.items():
        if value is not None and key != "max_tokens":
            body |= dict.fromkeys(profile.sampling[key], value)
    if call.seed is not None and profile.seed:
        body[profile.seed] = call.seed % SEED_RANGE
    if call.soft_labels and call.prompt:
        body["logprobs"] = call.soft_labels
    elif call.soft_labels:
        body |= {"logprobs": True, "top_logprobs": call.soft_labels}
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


def read_answer(data: Any, call: Completion, hide: Hide) -> Answer:
    """Return the answer in the JSON of status 200; a count that is not there is 0.

    ``hide`` removes secrets from what is quoted. Raises Transient for what is no completion, Refused
    where the model or a filter declined, NoLogprobs where they were asked for and are not there.
    """
    try:
        choice = data["choices"][0]
        message = choice.get("message") or {"content": choice["text"]}
        finish, text = choice.get("finish_reason"), _content(message.get("content"))
        prompt, completion = counts(data)
    except (KeyError, IndexError, TypeError, AttributeError) as e:
        raise not_an_answer(data, "a completion", hide) from e
    if finish == "content_filter":
        words = "the server's filter withheld the answer"
        raise Refused("content filter", words, spent=spent_of(data))
    if not text and message.get("refusal"):
        words = _excerpt(str(message["refusal"]).encode(), hide)
        raise Refused("declined", words, spent=spent_of(data))
    try:
        soft = soft_labels(choice, text, call.soft_labels) if call.soft_labels else None
    except MALFORMED as e:
        raise not_an_answer(data, "one with log-probabilities", hide) from e
    cut = finish in ("length", "max_tokens")
    return Answer(text, "length" if cut else "stop", prompt, completion, soft)


def not_an_answer(data: Any, kind: str, hide: Hide) -> Transient:
    """Return what to raise for a body of status 200 that holds something else."""
    raw = data if isinstance(data, bytes) else orjson.dumps(data)
    words = f"the server's answer is not {kind}: {_excerpt(raw, hide)}"
    return Transient("bad answer", words, spent=spent_of(data))


def counts(data: Any) -> tuple[int, int]:
    """Return the tokens read, cached ones too, and written, those of reasoning too.

    Some servers count reasoning only in the total.
    """
    usage = data.get("usage") or {}
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    return prompt, max(completion, _count(usage, "total_tokens") - prompt)


def spent_of(data: Any) -> Spent:
    """Return the tokens that a body of any shape says were spent, None where it does not."""
    usage = data.get("usage") if isinstance(data, dict) else None
    return counts(data) if isinstance(usage, dict) and counts(data)[0] else None


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(p.get("text", "") for p in content if p.get("type") == "text")
    if content is None or isinstance(content, str):
        return content or ""
    raise TypeError(content)


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
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
    def unknown(self) -> bool:
        """Whether the server does not know, or does not take, an option: then for no call."""
        options = r"argument|parameters?|param|name|field|value"
        return self.status in (400, 422) and self.says(
            rf"(unrecogni[sz]ed|unknown|unsupported)[\w ]* ({options})\b|unsupported_(parameter|value)"
            r"|extra (inputs|fields)|extra_forbidden|only no echo"
        )

    @property
    def of_the_account(self) -> bool:
        """Whether it speaks of money, the key or the model, which no question changes."""
        return self.says(f"{_MONEY}|{_KEY}|{_MODEL}")

    @property
    def of_the_format(self) -> bool:
        """Whether it speaks of the way that JSON was asked for."""
        return self.says(_FORMAT)

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
    spent = None if status in _PERHAPS_ANSWERED else (0, 0)
    if status in TIME_OUT:
        return Transient("time-out", words, retry_after(headers), spent=spent)
    if status >= 500 or status in (409, 425):
        return Transient("server error", words, retry_after(headers), spent=spent)
    return None


def permanent(failure: Failure, where: str, model: str, key_name: str) -> Refused | Trouble:
    """Return what no later try of this session mends: Refused for this question, Trouble for every one.

    What a server says of a length or of a request may change with its settings, so it is no answer
    to keep.
    """
    status, words = failure.status, failure.words
    if failure.too_long:
        return Refused("context", f"{words} ({NEXT_RUN})", journaled=False)
    if failure.says("content_filter|content_policy|moderation|flagged"):
        return Refused("content filter", words)
    if status == 400 and not failure.unknown and not failure.of_the_account:
        return Refused("invalid request", f"{words} ({NEXT_RUN})", journaled=False)
    what = f"{where} answered HTTP {status}: {words}"
    return Trouble(what, _fix(failure, where, model, key_name))


def _fix(failure: Failure, where: str, model: str, key_name: str) -> str:
    key = f"the environment variable {key_name}" if key_name else "`api_key` (none is set)"
    status = failure.status
    said = status == 400 and not failure.unknown
    if status in (402, 429) or (said and failure.says(_MONEY)):
        return "The account has no credit left; add some, or use another model."
    if status == 401 or (said and failure.says(_KEY)):
        return f"Check the API key: {key}."
    if status == 403:
        return f"Check that the API key may use model `{model}`: {key}."
    if status in (404, 405) and not re.search(r"/v\d", where):
        v1 = f"{where.rstrip('/')}/v1"
        return f"Servers usually want `base_url: {v1}`. Has it a model `{model}`?"
    if status in (404, 405) or said:
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
