"""What servers that speak OpenAI's protocol do differently, as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from yarl import URL

from sofrito.problems import Trouble

Rung = Literal["strict", "schema", "object with schema", "object", "words"]
RUNGS: tuple[Rung, ...] = ("strict", "schema", "object with schema", "object", "words")
"""Ways to ask for JSON, best first; a server that answers 400 to one is asked by the next."""

Sent = Mapping[str, tuple[str, ...]]
"""The options of a recipe's ``sampling`` that a server takes, and by which names it is told them."""


def _sent(before: Sent, *names: str, **others: tuple[str, ...]) -> Sent:
    return {**before, **{name: (name,) for name in names}, **others}


BASIC = _sent({}, "temperature", "top_p", "stop")
PENALTIES = _sent(BASIC, "presence_penalty", "frequency_penalty")
OPENAI = _sent(PENALTIES, "logit_bias")
MORE = _sent(OPENAI, "top_k", "min_p")
ANYTHING = _sent(MORE, repeat_penalty=("repeat_penalty", "repetition_penalty"))
"""What an unknown server is sent: llama.cpp's says repeat_penalty, vLLM's repetition_penalty, and
both let pass what they do not know."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of server takes and gives.

    ``hosts`` are its names, a leading dot for any below; ``port`` its own on any host. ``limit`` is
    what it calls ``max_tokens`` in a chat, ``seed`` what it calls a seed ("" for none).
    ``hottest`` is the temperature above which it would lower it by itself, ``blank_stops`` whether
    it stops at white space alone. ``rungs`` are the ways
    of asking for JSON worth a try; where ``closed`` is set, the strict one is for schemas only
    whose objects take no further properties and require each. ``logprobs`` is the most likeliest
    tokens it tells, ``raw`` whether it goes on with a text, ``echo`` whether it tells the
    log-probabilities of a text it is given, ``texts`` the most texts in a request for vectors.
    ``extra`` goes into every chat and raw prompt. The key stands in ``key_header`` behind ``key_prefix``.
    """

    name: str = "this server"
    hosts: tuple[str, ...] = ()
    port: int = 0
    limit: str = "max_tokens"
    sampling: Sent = field(default_factory=lambda: ANYTHING)
    hottest: float = float("inf")
    blank_stops: bool = True
    seed: str = "seed"
    rungs: tuple[Rung, ...] = RUNGS
    closed: bool = False
    logprobs: int = 20
    raw: bool = True
    echo: bool = True
    texts: int = 64
    extra: Mapping[str, Any] = field(default_factory=dict)
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "

    def check(self, sampling: Mapping[str, Any]) -> None:
        """Raise Trouble for an option that the server refuses, ignores or changes by itself."""
        lacking = [
            f"`{name}`"
            for name, value in sampling.items()
            if name not in self.sampling and name != "max_tokens" and value is not None
        ]
        if lacking:
            what = f"{self.name} does not take {' and '.join(lacking)}."
            raise Trouble(what, "Remove it from the step's `sampling`, or ask another server.")
        if (sampling.get("temperature") or 0) > self.hottest:
            what = f"{self.name} takes no temperature above {self.hottest:g}."
            raise Trouble(what, f"Set the step's `temperature` to at most {self.hottest:g}.")

        stop = sampling.get("stop") or ()
        stops = [stop] if isinstance(stop, str) else stop
        if not self.blank_stops and not all(map(str.strip, stops)):
            what = f"{self.name} does not stop at white space alone."
            raise Trouble(what, "Remove it from the step's `stop`, or ask another server.")
        for key in sampling.get("logit_bias") or ():
            if not (key.isascii() and key.isdecimal()):
                what = f"A server cannot be told the token `{key}` of `logit_bias` by its text."
                raise Trouble(what, "Write the token's number in the model's vocabulary.")

    def notes(self) -> tuple[str, ...]:
        """Return what a user should know who asks this server."""
        if self.seed:
            return ()
        return (f"{self.name} takes no seed: asked anew, it answers differently.",)


ANY = Profile(logprobs=100)

PROFILES: tuple[Profile, ...] = (
    Profile(
        "OpenAI",
        hosts=("api.openai.com",),
        limit="max_completion_tokens",
        sampling=OPENAI,
        closed=True,
        echo=False,
        texts=256,
    ),
    Profile(
        "Azure OpenAI",
        hosts=(".openai.azure.com",),
        limit="max_completion_tokens",
        sampling=OPENAI,
        closed=True,
        echo=False,
        texts=256,
        key_header="api-key",
        key_prefix="",
    ),
    Profile(
        "OpenRouter",
        hosts=("openrouter.ai",),
        sampling=_sent(MORE, repeat_penalty=("repetition_penalty",)),
        seed="",
        closed=True,
        echo=False,
        extra={"provider": {"require_parameters": True}},
    ),
    Profile("Ollama", hosts=("ollama.com",), port=11434, sampling=PENALTIES, raw=False, echo=False),
    Profile(
        "LM Studio",
        port=1234,
        sampling=_sent(OPENAI, "top_k", "repeat_penalty"),
        logprobs=0,
        echo=False,
    ),
    Profile(
        "Gemini",
        hosts=("generativelanguage.googleapis.com",),
        sampling=BASIC,
        seed="",
        logprobs=0,
        raw=False,
        echo=False,
    ),
    Profile(
        "Anthropic",
        hosts=("api.anthropic.com",),
        sampling=BASIC,
        hottest=1.0,
        blank_stops=False,
        seed="",
        rungs=("words",),
        logprobs=0,
        raw=False,
        echo=False,
        texts=0,
    ),
    Profile(
        "Mistral",
        hosts=("api.mistral.ai",),
        sampling=PENALTIES,
        seed="random_seed",
        logprobs=0,
        raw=False,
        echo=False,
    ),
    Profile(
        "DeepSeek",
        hosts=("api.deepseek.com",),
        sampling=PENALTIES,
        seed="",
        rungs=("object", "words"),
        raw=False,
        echo=False,
        texts=0,
    ),
    Profile(
        "Groq",
        hosts=("api.groq.com",),
        limit="max_completion_tokens",
        sampling=PENALTIES,
        closed=True,
        logprobs=0,
        raw=False,
        echo=False,
        texts=0,
    ),
    Profile(
        "Together",
        hosts=("api.together.xyz", "api.together.ai"),
        sampling=_sent(MORE, repeat_penalty=("repetition_penalty",)),
        logprobs=0,
        echo=False,
    ),
)
"""Servers known by their address; every other one is :data:`ANY`, and its answers decide.

Run for real was :data:`ANY` alone, against llama_cpp's own server and a mock.

Looked up in the providers' documentation, their code or their users' reports, and never run: which
sampling names OpenAI, Ollama, LM Studio, Gemini, Anthropic, DeepSeek, Together and Groq take; that
Ollama puts a raw prompt into the model's template; that Gemini answers 400 to a seed and to
penalties; that Anthropic ignores response formats, seeds, penalties, log-probabilities and blank
stops and cuts temperatures at 1; OpenRouter's ``require_parameters``; Azure's ``api-key``;
Mistral's ``random_seed``; that DeepSeek knows JSON but no schema; that Groq answers 400 to
log-probabilities and has no vectors; that Together tells log-probabilities in a shape of its own;
that llama.cpp's server refuses ``echo``, which vLLM takes; that OpenAI's strict schemas are closed.

From memory, and never run: that a seed leaves few of OpenRouter's providers, how many texts a
request for vectors may have, and who else has no endpoint for vectors, raw prompts or echoes.
"""


def profile_of(url: URL) -> Profile:
    """Return what is known of the server at ``url``: by its host, else by its port."""
    host = (url.host or "").lower()
    for profile in PROFILES:
        if any(host == h.lstrip(".") or (h[0] == "." and host.endswith(h)) for h in profile.hosts):
            return profile
    return next((p for p in PROFILES if p.port and p.port == url.explicit_port), ANY)


def is_closed(schema: Any) -> bool:
    """Whether each object of a JSON Schema takes no further properties and requires all it names."""
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    names = set(schema.get("properties", ()))
    is_object = bool(names) or schema.get("type") == "object"
    whole = names <= {*schema.get("required", ())}
    if is_object and not (whole and schema.get("additionalProperties") is False):
        return False
    inner = [value for key, value in schema.items() if key not in ("const", "enum", "properties")]
    return all(map(is_closed, [*inner, *schema.get("properties", {}).values()]))
