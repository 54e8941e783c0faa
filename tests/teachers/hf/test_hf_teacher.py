"""The transformers teacher with a checkpoint of a few kilobytes, against plain forward passes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_checkpoint import TEMPLATE, tiny_checkpoint

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from sofrito.problems import Trouble  # noqa: E402
from sofrito.teachers.call import Call, Completion, Embed, Message, Score, Weigh  # noqa: E402
from sofrito.teachers.hf.teacher import HfTeacher  # noqa: E402
from sofrito.teachers.result import Answer, Scored, Weighed  # noqa: E402
from sofrito.teachers.teacher import Refused, Transient  # noqa: E402

needs_grammar = pytest.mark.skipif(
    find_spec("llguidance") is None, reason="llguidance is not installed"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


class Talk:
    """A teacher, asked from ordinary functions."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.teacher = HfTeacher(path, threads=1, cache=path, **options)

    def __call__(self, call: Call) -> Any:
        return self.all([call])[0]

    def all(self, calls: list[Call]) -> list[Any]:
        """Ask all calls at once."""

        async def ask() -> list[Any]:
            return await asyncio.gather(*map(self.teacher.answer, calls))

        return self.loop.run_until_complete(ask())

    def close(self) -> None:
        for _ in range(2):
            self.loop.run_until_complete(self.teacher.close())
        self.loop.close()


@pytest.fixture(scope="module")
def talk(tiny: Path) -> Iterator[Talk]:
    made = Talk(tiny, parallel=8)
    yield made
    made.close()


@pytest.fixture(scope="module")
def alone(tiny: Path) -> Iterator[Talk]:
    made = Talk(tiny, parallel=1)
    yield made
    made.close()


def call(text: str, *, system: str = "", **rest: Any) -> Completion:
    rest.setdefault("sampling", {"max_tokens": 12, "temperature": 0})
    said = [Message("system", system)] if system else []
    return Completion("teacher", (*said, Message("user", text)), **rest)


class Plain:
    """The same checkpoint through transformers alone."""

    def __init__(self, path: Path) -> None:
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(path).eval()

    def ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def chat(self, *said: tuple[str, str]) -> list[int]:
        messages = [{"role": role, "content": content} for role, content in said]
        text = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
        return self.ids(text)

    def logprobs(self, tokens: list[int]) -> Any:
        """Return the log-probabilities of every token behind each of ``tokens``."""
        with torch.no_grad():
            return self.model(torch.tensor([tokens])).logits[0].log_softmax(-1).numpy()

    def greedy(self, prompt: list[int], most: int) -> list[int]:
        tokens = list(prompt)
        while len(tokens) < len(prompt) + most:
            tokens.append(int(self.logprobs(tokens)[-1].argmax()))
        return tokens[len(prompt) :]


@pytest.fixture(scope="module")
def plain(tiny: Path) -> Plain:
    return Plain(tiny)


def test_greedy_answers_are_those_of_plain_forward_passes(talk: Talk, plain: Plain) -> None:
    questions = ["Hi", "What is the capital of France?", "x" * 90]
    answers = talk.all([call(q, system="Be short.") for q in questions])
    for question, answer in zip(questions, answers, strict=True):
        prompt = plain.chat(("system", "Be short."), ("user", question))
        written = plain.tokenizer.decode(plain.greedy(prompt, 12), skip_special_tokens=True)
        assert answer == Answer(written, "length", len(prompt), 12)


def test_rows_that_come_and_go_get_the_answers_they_get_alone(talk: Talk, alone: Talk) -> None:
    calls: list[Call] = [
        call(
            "word " * (i % 6),
            seed=i,
            sampling={"max_tokens": 3 + 7 * (i % 4), "top_p": [1.0, 0.9][i % 2], "stop": ["e"]},
        )
        for i in range(30)
    ]
    answers = talk.all(calls)
    assert answers == [alone(c) for c in calls]
    assert len({a.text for a in answers}) > 25
    assert {a.finish for a in answers} == {"stop", "length"}


def test_with_parallel_1_a_seed_decides_whatever_came_before(tiny: Path, alone: Talk) -> None:
    calls: list[Call] = [
        call("Tell a story.", seed=s, sampling={"max_tokens": 20}) for s in (5, 2**64 - 1, 6, 5)
    ]
    first = alone.all(calls)
    with closing(Talk(tiny, parallel=1)) as again:
        assert again.all(calls[::-1])[::-1] == first
    assert first[0] == first[3]
    assert len({a.text for a in first}) == 3


LETTERS = dict.fromkeys("abcdef", 60)
"""A bias by which the tiny model writes what can be read."""


def test_stop_texts_and_max_tokens(talk: Talk) -> None:
    sampling = {"max_tokens": 12, "temperature": 0, "logit_bias": LETTERS}
    whole = talk(call("Count.", sampling=sampling))
    assert (len(whole.text), whole.finish, whole.completion_tokens) == (12, "length", 12)
    stop = whole.text[5:7]
    cut = talk(call("Count.", sampling=sampling | {"stop": ["never said", stop]}))
    assert cut.text == whole.text.partition(stop)[0]
    assert (cut.finish, cut.completion_tokens) == ("stop", len(cut.text) + 2)


def test_the_end_token_ends_an_answer(talk: Talk) -> None:
    sampling = {"max_tokens": 12, "temperature": 0, "logit_bias": {"<|im_end|>": 100}}
    assert talk(call("Hi", sampling=sampling)) == Answer("", "stop", 21, 0)


def test_a_bias_names_one_token(talk: Talk, plain: Plain) -> None:
    def biased(bias: dict[Any, float]) -> str:
        sampling = {"max_tokens": 3, "temperature": 0, "logit_bias": bias}
        return str(talk(call("Hi", sampling=sampling)).text)

    assert biased({"a": 100}) == "aaa"
    assert biased({str(plain.ids("b")[0]): 100}) == "bbb"
    with pytest.raises(Trouble) as caught:
        biased({"two": 5})
    assert caught.value.what == "`logit_bias`: 'two' is not one token of the model but 3."


def test_a_message_cannot_end_its_own_turn(talk: Talk) -> None:
    spelled = "<|im_end|>"
    sampling = {"max_tokens": 1}
    more = talk(call(f"Hi{spelled}", sampling=sampling)).prompt_tokens
    assert more == 21 + len(spelled)


def test_a_raw_prompt_goes_on_without_a_template(talk: Talk, plain: Plain) -> None:
    prompt = plain.ids("Once upon a time")
    raw = Completion(
        "teacher", prompt="Once upon a time", sampling={"max_tokens": 8, "temperature": 0}
    )
    written = plain.tokenizer.decode(plain.greedy(prompt, 8), skip_special_tokens=True)
    assert talk(raw) == Answer(written, "length", len(prompt), 8)


def test_the_model_writes_the_users_turn(talk: Talk, plain: Plain) -> None:
    messages = (Message("system", "You help with maths."),)
    turn = Completion("teacher", messages, {"max_tokens": 8, "temperature": 0}, turn="user")
    prompt = plain.ids("<|im_start|>system\nYou help with maths.<|im_end|>\n<|im_start|>user\n")
    written = plain.tokenizer.decode(plain.greedy(prompt, 8), skip_special_tokens=True)
    assert talk(turn) == Answer(written, "length", len(prompt), 8)


@needs_grammar
def test_a_users_turn_ends_where_the_template_goes_on(tiny: Path) -> None:
    template = "{% for m in messages %}[{{ m.role }}] {{ m.content }} [/{{ m.role }}]\n{% endfor %}"
    choices = ("How far is it? [/user] Far.",)
    turn = Completion("teacher", turn="user", choices=choices, sampling={"max_tokens": 90})
    with closing(Talk(tiny, template=template)) as own:
        answer = own(turn)
    assert (answer.text, answer.finish) == ("How far is it? ", "stop")


def test_soft_labels_are_the_models_own_distribution(talk: Talk, plain: Plain) -> None:
    sampling = {"max_tokens": 6, "temperature": 1.5, "top_k": 40, "repeat_penalty": 1.3}
    soft = talk(call("Hi", sampling=sampling, seed=4, soft_labels=3)).soft
    written = np.frombuffer(soft.written, "<i4").tolist()
    prompt = plain.chat(("user", "Hi"))
    table = plain.logprobs(prompt + written)[len(prompt) - 1 : -1]
    assert (soft.k, len(written), len(soft.tokenizer)) == (3, 6, 32)
    ids = np.frombuffer(soft.ids, "<i4").reshape(6, 3)
    assert ids.tolist() == (-table).argsort(-1)[:, :3].tolist()
    best = np.take_along_axis(table, ids, 1)
    assert np.frombuffer(soft.logprobs, "<f2").reshape(6, 3) == pytest.approx(best, abs=0.01)
    own = table[np.arange(6), written]
    assert np.frombuffer(soft.written_logprobs, "<f2") == pytest.approx(own, abs=0.02)


def test_the_token_that_ends_an_answer_has_soft_labels(talk: Talk, plain: Plain) -> None:
    sampling = {"max_tokens": 6, "temperature": 0, "logit_bias": {"<|im_end|>": 100}}
    answer = talk(call("Hi", sampling=sampling, soft_labels=2))
    assert (answer.text, answer.finish, answer.completion_tokens) == ("", "stop", 0)
    (end,) = np.frombuffer(answer.soft.written, "<i4")
    assert end == plain.tokenizer.convert_tokens_to_ids("<|im_end|>")
    own = plain.logprobs(plain.chat(("user", "Hi")))[-1][end]
    assert np.frombuffer(answer.soft.written_logprobs, "<f2") == pytest.approx([own], abs=0.02)


def test_what_a_stop_text_cuts_has_no_soft_labels(talk: Talk) -> None:
    sampling = {"max_tokens": 12, "temperature": 0, "logit_bias": LETTERS}
    whole = talk(call("Count.", sampling=sampling, soft_labels=2))
    stop = whole.text[5:7]
    cut = talk(call("Count.", sampling=sampling | {"stop": [stop]}, soft_labels=2))
    n = len(whole.text.partition(stop)[0])
    assert (len(cut.soft.written), len(cut.soft.ids), len(cut.soft.logprobs)) == (
        4 * n, 8 * n, 4 * n,
    )  # fmt: skip
    assert whole.soft.written.startswith(cut.soft.written)


def logprobs(scored: Scored) -> Any:
    return np.frombuffer(scored.logprobs, "<f4")


def test_scores_are_those_of_plain_forward_passes(talk: Talk, plain: Plain) -> None:
    said = (Message("user", "Where is Paris?"),)
    texts = ["In France.", "é", "Nobody knows where it is. " * 8, ""]
    calls: list[Call] = [Score("teacher", t) for t in texts]
    calls += [Score("teacher", t, said) for t in texts]
    for asked, scored in zip(calls, talk.all(calls), strict=True):
        assert isinstance(asked, Score)
        before = plain.chat(("user", "Where is Paris?")) if asked.messages else []
        text = plain.ids(asked.text)
        tokens = before + text
        first = max(1, len(before))
        table = plain.logprobs(tokens)[first - 1 : -1] if tokens else np.zeros((0, 1))
        expected = table[np.arange(len(table)), tokens[first:]]
        assert scored.prompt_tokens == len(tokens)
        assert logprobs(scored) == pytest.approx(expected, abs=1e-3)


def test_a_text_beyond_the_context_is_scored_in_pieces(talk: Talk, plain: Plain) -> None:
    text = "All that is gold does not glitter. " * 30
    tokens = plain.ids(text)
    assert len(tokens) == 1050
    found = logprobs(talk(Score("teacher", text)))
    expected = []
    for start, first, end in ((0, 1, 512), (256, 512, 768), (512, 768, 1024), (768, 1024, 1050)):
        table = plain.logprobs(tokens[start:end])[first - start - 1 : -1]
        expected += table[np.arange(len(table)), tokens[first:end]].tolist()
    assert found == pytest.approx(expected, abs=1e-3)


def test_labels_are_weighed_as_whole_answers(talk: Talk, plain: Plain) -> None:
    labels = ("1", "10", "no", "")
    weighed = talk(Weigh("teacher", (Message("user", "Rate it."),), labels))
    prompt = plain.chat(("user", "Rate it."))
    logs = []
    for label in labels:
        tokens = [*plain.ids(label), 258]
        table = plain.logprobs(prompt + tokens)[len(prompt) - 1 : -1]
        logs.append(table[np.arange(len(tokens)), tokens].sum())
    mass = float(np.exp(logs).sum())
    assert isinstance(weighed, Weighed)
    assert weighed.probabilities == pytest.approx(tuple(np.exp(logs) / mass), rel=1e-3, abs=1e-9)
    assert weighed.mass == pytest.approx(mass, rel=1e-3)
    assert sum(weighed.probabilities) == pytest.approx(1)


@needs_grammar
def test_a_schema_holds_however_wildly_it_is_sampled(talk: Talk) -> None:
    schema = {
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
            "kind": {"enum": ['a "quoted" one', "back\\slash", "é 😀"]},
        },
        "required": ["score", "kind"],
        "additionalProperties": False,
    }
    sampling = {"temperature": 5.0, "max_tokens": 80, "repeat_penalty": 1.2}
    calls: list[Call] = [call("Hi", seed=s, schema=schema, sampling=sampling) for s in range(6)]
    for answer in talk.all(calls):
        found = json.loads(answer.text)
        assert answer.finish == "stop"
        assert list(found) == ["score", "kind"]
        assert found["score"] in range(1, 6)
        assert found["kind"] in schema["properties"]["kind"]["enum"]  # type: ignore[index]


@needs_grammar
def test_choices_hold_and_end(talk: Talk) -> None:
    choices = ("blue, say", "red", "red wine", 'a "b"\\')
    sampling = {"temperature": 3.0, "max_tokens": 12}
    calls: list[Call] = [
        call("Which?", seed=s, choices=choices, sampling=sampling) for s in range(12)
    ]
    answers = talk.all(calls)
    assert {a.finish for a in answers} == {"stop"}
    assert len({a.text for a in answers}) > 1
    assert {a.text for a in answers} <= set(choices)


@needs_grammar
def test_a_schema_that_cannot_be_kept_to_fails_alone(talk: Talk) -> None:
    async def ask() -> list[Any]:
        calls = [call("Hi", schema={"type": "nonsense"}), call("Hi")]
        return await asyncio.gather(*map(talk.teacher.answer, calls), return_exceptions=True)

    bad, good = talk.loop.run_until_complete(ask())
    assert isinstance(bad, Refused)
    words = "the answer cannot be held to its schema: Invalid type: nonsense."
    assert (bad.cause, bad.words, bad.journaled) == ("schema", words, False)
    assert isinstance(good, Answer)


def test_what_does_not_fit_is_refused_before_it_costs(talk: Talk) -> None:
    with pytest.raises(Refused) as caught:
        talk(call("Hi", sampling={"max_tokens": 500}))
    assert (caught.value.cause, caught.value.journaled) == ("context", False)
    assert caught.value.words == (
        "the prompt has 21 tokens and max_tokens asks for 500 more, but the context holds 512: "
        "shorten the prompt, lower max_tokens or raise `context`"
    )
    with pytest.raises(Refused, match="asks for 600 more"):
        talk(Score("teacher", "x" * 600, (Message("user", "Hi"),)))


def test_a_prompt_of_no_token_is_refused(tiny: Path) -> None:
    with (
        closing(Talk(tiny, template="{# says nothing #}")) as silent,
        pytest.raises(Refused, match="there is nothing to go on with"),
    ):
        silent(call("Hi"))


def test_a_model_without_a_template_names_the_choices(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "base", template=None)
    raw = Completion("teacher", prompt="Once", sampling={"max_tokens": 2})
    with closing(Talk(path)) as base:
        assert base(raw).prompt_tokens == 4
        with pytest.raises(Trouble) as caught:
            base(call("Hi"))
    assert caught.value.what == ("base has no chat template, so nobody knows how to ask it.")
    with closing(Talk(path, template=TEMPLATE)) as chosen:
        assert chosen(call("Hi")).prompt_tokens == 21


def test_vectors_are_another_models_work(talk: Talk) -> None:
    with pytest.raises(Trouble, match="A model that writes cannot make vectors of texts"):
        talk(Embed("teacher", "Hi"))


def test_a_cancelled_call_frees_its_place(tiny: Path) -> None:
    one = Talk(tiny, parallel=1)

    async def ask() -> Answer:
        endless = call("Tell.", sampling={"max_tokens": 400, "logit_bias": {"a": 100}})
        task = asyncio.create_task(one.teacher.answer(endless))
        await one.teacher.answer(Score("teacher", "so that it is being written"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        answer = await one.teacher.answer(call("Hi"))
        assert isinstance(answer, Answer)
        return answer

    with closing(one):
        assert one.loop.run_until_complete(ask()).completion_tokens == 12


def test_what_is_left_when_it_closes_is_transient(tiny: Path) -> None:
    one = Talk(tiny)

    async def ask() -> list[Any]:
        endless = call("Tell.", sampling={"max_tokens": 400, "logit_bias": {"a": 100}})
        task = asyncio.create_task(one.teacher.answer(endless))
        await one.teacher.answer(Score("teacher", "so that it is being written"))
        await one.teacher.close()
        late = one.teacher.answer(call("Hi"))
        return await asyncio.gather(task, late, return_exceptions=True)

    with closing(one):
        found = one.loop.run_until_complete(ask())
    assert [(type(e), e.cause) for e in found] == [(Transient, "unreachable")] * 2


def test_weights_that_do_not_load_are_trouble(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "broken")
    (path / "model.safetensors").write_bytes(b"x" * 100)
    with closing(Talk(path)) as one, pytest.raises(Trouble) as caught:
        one(call("Hi"))
    assert caught.value.what.startswith(f"transformers cannot load {path}: SafetensorError: ")


def test_code_of_a_checkpoint_never_runs(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "own")
    config = json.loads((path / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "own.Own"}}
    (path / "config.json").write_text(json.dumps(config))
    (path / "own.py").write_text("raise SystemExit('it ran')")
    with closing(Talk(path)) as one, pytest.raises(Trouble) as caught:
        one(call("Hi"))
    assert caught.value.what == f"{path} brings its own Python code, which is never run."


def test_a_context_beyond_the_model_is_trouble(tiny: Path) -> None:
    with pytest.raises(Trouble) as caught:
        HfTeacher(tiny, context=1024, cache=tiny)
    assert caught.value.fix == "Set `context` to 512 or less."


def test_the_identity_is_content(tmp_path: Path, tiny: Path) -> None:
    copy = HfTeacher(tiny_checkpoint(tmp_path / "copy"), cache=tmp_path)
    first = HfTeacher(tiny, cache=tmp_path)
    assert copy.identity == first.identity
    assert first.identity.keys() == {"backend", "weights", "template", "defaults"}
    other = HfTeacher(tiny_checkpoint(tmp_path / "other", num_hidden_layers=1), cache=tmp_path)
    assert other.identity["weights"] != first.identity["weights"]
