"""Recipes that ask for more than an answer, from the file to the rows."""

import asyncio
import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from runs import only_run, sofrito

from sofrito.steps.soft import soft_record
from sofrito.teachers.call import Call, Completion, Message, Score, Weigh
from sofrito.teachers.result import Answer, Scored, Weighed
from sofrito.teachers.scripted.teacher import ScriptedTeacher

TOPICS = ["tea", "coffee", "water", "milk", "juice", "soup"]
RECIPE = """
recipe: kinds
models: {teacher: {backend: scripted}, scorer: {backend: scripted}}
seeds: {topics: {rows: [ROWS]}}
from: topics
chains:
  likely: [{perplexity: {model: scorer, below: 9}}]
steps:
  - generate: instruction
    turn: user
    system: You ask about {{ topic }}.
    sampling: {temperature: 0}
  - generate: response
    prompt: "{{ instruction }}"
    soft_labels: 2
    sampling: {temperature: 0, max_tokens: 3, logit_bias: {"7": -100, sorry: -5}}
    truncated: keep
  - generate: ending
    raw: true
    prompt: "{{ response }} And "
    when: topic != 'tea'
    soft_labels: 1
    sampling: {temperature: 0, max_tokens: 2}
    truncated: keep
  - generate: good
    prompt: "Good? {{ response }} {{ response_soft.written | length }}"
    parse: boolean
    probabilities: true
    keep: good_probabilities.yes > 0.2
  - generate: kind
    prompt: "Which? {{ response }}"
    parse: {choice: [a, b]}
    probabilities: true
    when: good
  - filter: response
    by: [{chain: likely}, {ifd: {prompt: instruction, below: 3}}]
output:
  files: [parquet, jsonl]
  write:
    - distill: {prompt: instruction, completion: response}
    - raw
"""


def answered(call: Call) -> Any:
    return asyncio.run(ScriptedTeacher().answer(call))


def wrote(*messages: Message, **call: Any) -> Answer:
    answer = answered(Completion("teacher", messages, **call))
    assert isinstance(answer, Answer)
    return answer


def weighed(text: str, *labels: str) -> dict[str, float]:
    told = answered(Weigh("teacher", (Message("user", text),), labels))
    assert isinstance(told, Weighed)
    return {**dict(zip(labels, told.probabilities, strict=True)), "mass": told.mass}


def loss(text: str, *messages: Message) -> float:
    told = answered(Score("scorer", text, messages))
    assert isinstance(told, Scored)
    logprobs = [one for (one,) in struct.iter_unpack("<f", told.logprobs)]
    return -math.fsum(logprobs) / len(logprobs)


def soft(answer: Answer) -> dict[str, Any]:
    assert answer.soft is not None
    return soft_record(answer.soft)


def expected(topic: str) -> tuple[dict[str, Any], str]:
    """Return a row's columns as far as it comes, and why it comes no further."""
    cold = {"temperature": 0.0}
    system = Message("system", f"You ask about {topic}.")
    instruction = wrote(system, turn="user", sampling=cold).text
    user = Message("user", instruction)
    biased = {**cold, "max_tokens": 3, "logit_bias": {"7": -100.0, "sorry": -5.0}}
    response = wrote(user, sampling=biased, soft_labels=2)
    row = {"topic": topic, "instruction": instruction, "response": response.text}
    row |= {"response_soft": soft(response), "ending": None, "ending_soft": None}
    if topic != "tea":
        short = {**cold, "max_tokens": 2}
        ending = wrote(prompt=f"{response.text} And ", sampling=short, soft_labels=1)
        row |= {"ending": ending.text, "ending_soft": soft(ending)}
    good = weighed(f"Good? {response.text} 3", "yes", "no")
    row |= {"good": good["yes"] >= good["no"], "good_probabilities": good}
    if not good["yes"] > 0.2:
        return row, "keep: good_probabilities.yes > 0.2"
    row |= {"kind": None, "kind_probabilities": None}
    if row["good"]:
        kind = weighed(f"Which? {response.text}", "a", "b")
        row |= {"kind": "a" if kind["a"] >= kind["b"] else "b", "kind_probabilities": kind}
    if not math.exp(loss(response.text)) < 9:
        return row, "perplexity: too high"
    if not math.exp(loss(response.text, user) - loss(response.text)) < 3:
        return row, "ifd: too high"
    return row, ""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    rows = ", ".join(f"{{topic: {topic}}}" for topic in TOPICS)
    (folder / "recipe.yaml").write_text(RECIPE.replace("ROWS", rows), encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return only_run(folder / "runs")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_row_is_what_the_teacher_said(run: Path) -> None:
    accepted = {row["columns"]["topic"]: (row["columns"], "") for row in lines(run / "rows.jsonl")}
    rejected = {
        row["columns"]["topic"]: (row["columns"], row["reason"])
        for row in lines(run / "rejected.jsonl")
    }
    assert accepted
    assert accepted | rejected == {topic: expected(topic) for topic in TOPICS}


def test_scores_are_told(run: Path) -> None:
    for row in lines(run / "rows.jsonl"):
        columns, user = row["columns"], Message("user", row["columns"]["instruction"])
        alone, given = loss(columns["response"]), loss(columns["response"], user)
        scores = [event for event in row["story"] if event["kind"] == "score"]
        assert [(one["filter"], one["score"]) for one in scores] == [
            ("perplexity", math.exp(alone)),
            ("ifd", math.exp(given - alone)),
        ]
    for row in lines(run / "rejected.jsonl"):
        if row["reason"] == "perplexity: too high":
            assert row["score"] == math.exp(loss(row["columns"]["response"]))


def test_the_dataset_has_the_soft_labels_once_and_small(run: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    columns = [row["columns"] for row in lines(run / "rows.jsonl")]
    records = lines(run / "dataset" / "distill" / "train.jsonl")
    wanted = [
        {
            "id": str(TOPICS.index(one["topic"])),
            "messages": [
                {"role": "user", "content": one["instruction"]},
                {"role": "assistant", "content": one["response"]},
            ],
            **one["response_soft"],
            "texts": None,
            "written_texts": None,
        }
        for one in columns
    ]
    assert records == wanted
    table = pq.read_table(run / "dataset" / "distill" / "train.parquet")
    types = {name: str(table.schema.field(name).type) for name in ("token_ids", "logprobs")}
    assert types == {
        "token_ids": "list<item: list<item: int32>>",
        "logprobs": "list<item: list<item: halffloat>>",
    }
    half = struct.Struct("<e")
    for row, record in zip(table.to_pylist(), records, strict=True):
        exact = [[half.unpack(half.pack(one))[0] for one in place] for place in record["logprobs"]]
        assert row == {**record, "logprobs": exact, "written_logprobs": [one[0] for one in exact]}
    story = pq.read_table(run / "provenance.parquet").to_pylist()
    assert all("response_soft" not in json.loads(row["columns"]) for row in story)


def test_show_tells_calls_of_every_kind(run: Path) -> None:
    done = sofrito("show", run, lines(run / "rows.jsonl")[0]["id"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "  asked scorer\n  text:\n" in done.stdout
    assert "    the log-probability of each token\n" in done.stdout
    assert "  perplexity " in done.stdout


AGAIN = """
recipe: again
models: {teacher: {backend: scripted}}
seeds: {topics: {rows: [ROWS]}}
from: topics
steps:
  - generate: code
    prompt: A code for {{ topic }}.
    parse: json
    schema: {code: {type: string, pattern: "^a{1,3}$", min_length: 3}}
    sampling: {temperature: 0}
output:
  write: [raw]
"""


def codes(topic: str) -> tuple[str, list[list[list[str]]]]:
    """Return the code a topic gets, "" for none, and the messages it takes."""
    schema = {
        "type": "object",
        "properties": {"code": {"type": "string", "minLength": 3, "pattern": "^a{1,3}$"}},
        "required": ["code"],
        "additionalProperties": False,
    }
    first = Message("user", f"A code for {topic}.")
    messages: tuple[Message, ...] = (first,)
    asked: list[list[list[str]]] = []
    for _ in range(3):
        plain = [[one.role, one.content] for one in messages]
        if plain in asked:
            break
        asked.append(plain)
        text = wrote(*messages, sampling={"temperature": 0.0}, schema=schema).text
        code = json.loads(text)["code"]
        if len(code) == 3:
            return code, asked
        why = f"code: {len(code)} characters, fewer than 3"
        words = f"That answer does not fit: {why}. Give the whole answer again, as JSON and nothing else."
        messages = (first, Message("assistant", text), Message("user", words))
    return "", asked


def test_json_that_does_not_fit_is_asked_again_with_what_is_wrong(tmp_path: Path) -> None:
    topics = [f"{topic} {size}" for topic in TOPICS for size in ("small", "large")]
    rows = ", ".join(f"{{topic: {topic}}}" for topic in topics)
    (tmp_path / "recipe.yaml").write_text(AGAIN.replace("ROWS", rows), encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path / "runs")
    wanted = {topic: codes(topic) for topic in topics}
    got = {row["columns"]["topic"]: row for row in lines(run / "rows.jsonl")}
    assert {topic: row["columns"]["code"] for topic, row in got.items()} == {
        topic: code for topic, (code, _) in wanted.items() if code
    }
    lost = {row["columns"]["topic"]: row for row in lines(run / "rejected.jsonl")}
    assert {(row["reason"], row["kind"]) for row in lost.values()} == {("unparseable", "rejected")}
    topic = max(got, key=lambda one: len(wanted[one][1]))
    assert len(wanted[topic][1]) > 1, "no answer was mended: choose other topics"
    for row, asked in ((got[topic], wanted[topic][1]), (min(lost.values(), key=str), None)):
        shown = json.loads(sofrito("show", run, row["id"], "--format", "json").stdout)
        calls = [event for event in shown["story"] if event["kind"] == "call"]
        asked = asked or wanted[row["columns"]["topic"]][1]
        assert [call["request"]["messages"] for call in calls] == asked
