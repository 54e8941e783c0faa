"""Tries a model as a recipe would use it: one answer, the speed, the rendered prompt."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.recipe.terms import Terms, terms_of
from sofrito.teachers.call import Call, Completion, Embed, Message
from sofrito.teachers.chat import ChatTemplate
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.found import FoundModel, model_at
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.hf.find import find_checkpoint
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.make import teacher_of
from sofrito.teachers.result import Answer, Embedded, Result
from sofrito.teachers.teacher import Refused, Teacher, Transient

QUESTION = "Why is the sky blue? Answer in one sentence."
WRITTEN, READ_WORDS = 48, 300
"""Tokens of the answer; words of the prompt by which reading is timed."""

BASE = "no chat template: use `raw: true` in the step, or `chat_template` in the model"

# A server that answers says itself what is wrong.
_HELP = {
    "unreachable": "Is the server up, and its address right?",
    "time-out": "Is the server up? A model that is being loaded may take minutes.",
    "overloaded": "Try again later.",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """How a model answered; ``seconds`` include loading it, speeds are in tokens a second.

    ``prompt`` is the text that its chat template makes of the question, "" where the server does
    that. A speed is 0 where it was not taken. Without an answer ``trouble`` and ``fix`` say why.
    ``note`` is what a recipe must do to ask the model.
    """

    name: str
    what: str
    terms: str
    prompt: str = ""
    answer: str = ""
    seconds: float = 0.0
    reading: float = 0.0
    writing: float = 0.0
    answered: bool = False
    trouble: str = ""
    fix: str = ""
    note: str = ""


async def tried(name: str, model: Model, folder: Path, *, embed: bool = False) -> Tried:
    """Make the teacher of a recipe's model in ``folder`` and ask it; what goes wrong is in the result."""
    one = Tried(name, f"{model.backend} {model.base_url}".rstrip(), _told(_terms(None, model)))
    try:
        found = _found(model, folder)
        if found is not None:
            one = replace(
                one,
                what=f"{model.backend}, {found.name} {found.quantisation or ''}".rstrip(),
                terms=_told(_terms(found, model)),
                prompt=_rendered(found, model),
                note=BASE if _is_base(found, model) else "",
            )
        # One question is no batch job, whose answer may take a day.
        teacher = teacher_of(name, model.model_copy(update={"batch": False}), folder)
    except (Trouble, Refused) as error:
        return _failed(one, error)
    try:
        if embed or isinstance(teacher, EmbeddingTeacher):
            return await _vector(one, teacher)
        raw = found is not None and _is_base(found, model)
        return await _text(one, teacher, raw=raw, local=model.backend != "openai")
    except (Trouble, Transient, Refused) as error:
        return _failed(one, error)
    finally:
        await teacher.close()


async def _text(one: Tried, teacher: Teacher, *, raw: bool, local: bool) -> Tried:
    question = "The sky is blue because" if raw else QUESTION
    answer, seconds = await _timed(teacher, _completion(one.name, question, WRITTEN, raw=raw))
    assert isinstance(answer, Answer)
    one = replace(
        one, answered=True, seconds=seconds, answer=" ".join(answer.text.split()) or "(nothing)"
    )
    if not local:
        return replace(one, writing=answer.completion_tokens / seconds)
    # Words in no order: none of them is in the model's cache.
    words = " ".join(f"{(i * 7919) % 997} stones" for i in range(READ_WORDS // 2))
    read, took = await _timed(teacher, _completion(one.name, words, 1, raw=raw))
    assert isinstance(read, Answer)
    # Asked once more, the question is in the cache and what remains is writing.
    written, spent = await _timed(teacher, _completion(one.name, question, WRITTEN, raw=raw))
    assert isinstance(written, Answer)
    return replace(
        one, reading=read.prompt_tokens / took, writing=written.completion_tokens / spent
    )


async def _vector(one: Tried, teacher: Teacher) -> Tried:
    vector, seconds = await _timed(teacher, Embed(one.name, QUESTION))
    assert isinstance(vector, Embedded)
    answer = f"a vector of {len(vector.vector) // 4:,} numbers"
    return replace(one, answered=True, seconds=seconds, answer=answer, prompt="")


async def _timed(teacher: Teacher, call: Call) -> tuple[Result, float]:
    start = time.perf_counter()
    result = await teacher.answer(call)
    return result, max(time.perf_counter() - start, 1e-6)


def _completion(model: str, text: str, tokens: int, *, raw: bool) -> Completion:
    sampling = {"temperature": 0, "max_tokens": tokens}
    if raw:
        return Completion(model, prompt=text, sampling=sampling)
    return Completion(model, (Message("user", text),), sampling)


def _found(model: Model, folder: Path) -> FoundModel | None:
    """Return the local model that a recipe's model names; None where it is no file."""
    if model.backend not in ("llama.cpp", "transformers"):
        return None
    if not (model.path or model.hub):
        return model_at({"model": "local"}, find_local())
    return model_at({"hub": model.hub}, find_checkpoint(model.path, model.hub, folder))


def _is_base(found: FoundModel, model: Model) -> bool:
    return found.kind == "base" and not model.chat_template


def _rendered(found: FoundModel, model: Model) -> str:
    if found.kind != "chat" or model.chat_template:
        return ""
    template = Checkpoint.read(found.path).template or ""
    return ChatTemplate(template).render([Message("user", QUESTION)]).rstrip("\n")


def _terms(found: FoundModel | None, model: Model) -> Terms:
    if found is not None:
        return found.terms
    if model.backend == "scripted":
        return Terms("allowed", "it is made up")
    licence = "mit" if model.backend == "wordllama" else None
    return terms_of(licence, model.model, model.hub, Path(model.path).name, model.base_url)


def _told(terms: Terms) -> str:
    return f"{terms.verdict}, {terms.words}"


def _failed(one: Tried, error: Trouble | Transient | Refused) -> Tried:
    if isinstance(error, Trouble):
        return replace(one, answered=False, trouble=error.what, fix=error.fix)
    fix = _HELP.get(error.cause, "") if isinstance(error, Transient) else ""
    return replace(one, answered=False, trouble=str(error), fix=fix)
