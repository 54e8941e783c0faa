"""What the makers of models say about training on their outputs; a hint, not legal advice."""

import re
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["allowed", "unknown", "conditional", "not allowed"]

_STRICTNESS: tuple[Verdict, ...] = ("unknown", "allowed", "conditional", "not allowed")


@dataclass(frozen=True, slots=True)
class Terms:
    """Whether another model may be trained on a model's outputs, and ``words`` that say how."""

    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """Terms of the models whose licence or whose name (or server) matches a pattern."""

    terms: Terms
    licence: str = r"(?!)"
    name: str = r"(?!)"


FREE = Terms("allowed", "its outputs may train any model")
UNKNOWN = Terms("unknown", "what its outputs may train is not known here: read its licence")

_API = Terms("not allowed", "no model that competes with its maker's may be trained on its outputs")
_OTHER_LLM = Terms("not allowed", "its outputs may not improve any other language model")
_LLAMA = Terms(
    "conditional",
    'a model trained on its outputs has a name that begins with "Llama" and says "Built with Llama"',
)
_GEMMA = Terms(
    "conditional",
    "a model trained on its outputs counts as a Gemma derivative: its terms and use policy go along",
)
_RESEARCH = Terms("conditional", "for research and other non-commercial use only")
_QWEN = Terms("conditional", "needs a licence of its maker from 100 million monthly users on")
_USE = Terms("conditional", "the restrictions of use in its licence go along")

RULES = (
    _Rule(FREE, licence=r"apache-?2(\.0)?|mit|bsd(-\d.*)?|unlicense|cc0.*|isc"),
    _Rule(
        _API,
        name=r".*(api\.openai\.com|api\.anthropic\.com|generativelanguage\.googleapis\.com).*"
        r"|(.*/)?(gpt-[345]|chatgpt|o[134](-|$)|claude|gemini-).*",
    ),
    _Rule(_OTHER_LLM, licence=r"llama-?(2|3(\.0)?)", name=r".*llama-?(2|3(\.0)?)([-_ :].*)?"),
    _Rule(_LLAMA, licence=r"llama-?3\.[123]", name=r".*llama-?3[._][123]([-_ :].*)?"),
    _Rule(_GEMMA, licence=r"gemma", name=r".*gemma-?([123](\.\d)?n?)?([-_ ](it|\d+b).*)?"),
    _Rule(_RESEARCH, licence=r"mrl|mnpl|mistral.*research.*|qwen-research.*|.*cc-by-nc.*"),
    _Rule(_QWEN, licence=r"qwen|tongyi.*|qianwen.*"),
    _Rule(_USE, licence=r".*openrail.*|deepseek.*"),
    _Rule(FREE, name=r".*(deepseek-(r1|v4)|gemma-?4|gpt-oss).*"),
)
"""Every rule that matches counts, and the strictest of them decides: weights that were made from
another model's carry that model's terms, whatever licence their own page names."""


def terms_of(licence: str | None, *names: str) -> Terms:
    """Return the terms of a model by its ``licence`` (an SPDX identifier or the hub's word) and names.

    A name is the model's, its file's or its server's; what no rule matches is unknown, never free.
    """
    words = (licence or "").strip().lower().replace(" ", "-")
    told = [_plain(name) for name in names if name]
    found = [rule.terms for rule in RULES if _matches(rule, words, told)]
    return max(found, key=lambda one: _STRICTNESS.index(one.verdict), default=UNKNOWN)


def _matches(rule: _Rule, licence: str, names: list[str]) -> bool:
    if re.fullmatch(rule.licence, licence):
        return True
    return any(re.fullmatch(rule.name, name) for name in names)


def _plain(name: str) -> str:
    """Return a name as the patterns want it: lower case, no ending, a hyphen for each space."""
    return re.sub(r"\s+", "-", name.lower()).removesuffix(".gguf")
