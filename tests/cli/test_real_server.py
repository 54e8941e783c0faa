"""Each kind of recipe, run to its end against a real OpenAI-compatible server on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_server import real_server, real_server_of
from runs import only_run, sofrito

pytestmark = real_server
ONE, OTHER = "one", "other"
RATE = "---\nscale: {min: 1, max: 5}\n---\nRate this: {{ judged }}"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the starter model under two names: between them the server loads it anew."""
    with real_server_of(tmp_path_factory.mktemp("server"), [ONE, OTHER], 1024) as url:
        yield url


def made(folder: Path, url: str, recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a recipe of two rows, then again from the journal alone; return the rows' columns."""
    server = {"backend": "openai", "base_url": url}
    models = {name: {**server, "model": name} for name in (ONE, OTHER)}
    used = {name: models[name] for name in recipe.pop("use", (ONE,))}
    seeds = {"tasks": {"rows": [{"task": "Name a fruit."}, {"task": "Name a colour."}]}}
    data = {"recipe": "kind", "models": used, "seeds": seeds, "from": "tasks", **recipe}
    (folder / "kind.yaml").write_text(json.dumps(data), encoding="utf-8")
    run = ("run", "kind.yaml", "--format", "json")
    done = sofrito(*run, cwd=folder)
    assert done.returncode == 0, done.stderr or done.stdout
    manifest, again = json.loads(done.stdout), json.loads(sofrito(*run, cwd=folder).stdout)
    assert (again["calls"]["asked"], again["files"]) == (0, manifest["files"])
    lines = (only_run(folder / "runs") / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["columns"] for line in lines]


def writes(column: str, prompt: str, tokens: int = 8, **more: Any) -> dict[str, Any]:
    sampling = {"max_tokens": tokens, "temperature": 0.7}
    return {"generate": column, "prompt": prompt, "sampling": sampling, "truncated": "keep"} | more


def test_plain_texts(tmp_path: Path, url: str) -> None:
    rows = made(
        tmp_path,
        url,
        {
            "steps": [writes("answer", "{{ task }}", system="Answer in one word.")],
            "output": {"write": [{"messages": {"prompt": "task", "completion": "answer"}}]},
        },
    )
    assert [row["task"] for row in rows] == ["Name a fruit.", "Name a colour."]
    assert all(row["answer"] for row in rows)


def test_answers_judged_in_json(tmp_path: Path, url: str) -> None:
    (tmp_path / "rate.j2").write_text(RATE)
    judge = {"judge": "answer", "rubric": "rate.j2", "model": OTHER, "rationale": False}
    rows = made(
        tmp_path,
        url,
        {
            "use": (ONE, OTHER),
            "steps": [writes("answer", "{{ task }}", model=ONE), judge],
            "output": {"write": ["raw"]},
        },
    )
    assert [[*row["verdict"]] for row in rows] == [["score"]] * 2
    assert all(row["verdict"]["score"] in {1, 2, 3, 4, 5} for row in rows)


def test_pairs_of_two_models_answers_scored_by_probabilities(tmp_path: Path, url: str) -> None:
    (tmp_path / "rate.j2").write_text(RATE)
    varied = {"n": 2, "vary": {"model": [ONE, OTHER], "system": ["Be brief.", "Be odd."]}}
    judge = {
        "judge": "answer", "rubric": "rate.j2", "score": "probabilities", "rationale": False,
        "model": ONE,
    }  # fmt: skip
    rows = made(
        tmp_path,
        url,
        {
            "use": (ONE, OTHER),
            "steps": [
                writes("answer", "{{ task }}", **varied),
                judge,
                {"pair": "answer", "by": "verdict.score"},
            ],
            "output": {"write": [{"dpo": {"prompt": "task"}}]},
        },
    )
    assert [row["pair"]["of"] for row in rows] == [2, 2]
    assert all(1 <= row["pair"]["rejected"] < row["pair"]["chosen"] <= 5 for row in rows)


def test_soft_labels(tmp_path: Path, url: str) -> None:
    written = {"distill": {"prompt": "task", "completion": "answer"}}
    rows = made(
        tmp_path,
        url,
        {
            "steps": [writes("answer", "{{ task }}", 3, soft_labels=4)],
            "output": {"write": [written]},
        },
    )
    assert [[len(at) for at in row["answer_soft"]["logprobs"]] for row in rows] == [[4] * 3] * 2


def test_texts_that_evolve_and_are_revised(tmp_path: Path, url: str) -> None:
    sampling = {"max_tokens": 12, "temperature": 0.7}
    evolve = {
        "evolve": "task", "operators": ["constrain", "broaden"], "rounds": 2,
        "answer": {"answer": "{{ task }}"}, "truncated": "keep", "sampling": sampling,
    }  # fmt: skip
    revise = {
        "revise": "answer", "given": "task", "principles": "conduct",
        "truncated": "keep", "sampling": sampling,
    }  # fmt: skip
    rows = made(tmp_path, url, {"steps": [evolve, revise], "output": {"write": ["raw"]}})
    assert [row["evolution"]["rounds"] for row in rows] == [2, 2]
    assert [len(row["evolution"]["lineage"]) for row in rows] == [2, 2]
    assert [row["revision"]["version"] for row in rows] == [1, 1]


def test_calls_of_functions(tmp_path: Path, url: str) -> None:
    tool = {
        "name": "look_up",
        "parameters": {
            "type": "object",
            "properties": {"word": {"enum": ["fruit", "colour"]}},
            "required": ["word"],
            "additionalProperties": False,
        },
    }
    schema = {"calls": {"type": "objects", "min_length": 1, "max_length": 1, "calls_of": "tools"}}
    seeds = {"tasks": {"rows": [{"task": "Name a fruit.", "tools": [tool]}]}}
    rows = made(
        tmp_path,
        url,
        {
            "seeds": seeds,
            "steps": [
                {
                    "generate": "calls", "prompt": "{{ task }} Call look_up.", "parse": "json",
                    "schema": schema, "sampling": {"max_tokens": 60, "temperature": 0},
                },
                {"verify": "calls", "tools": "tools", "keep": "check.ok"},
            ],
            "output": {"write": ["raw"]},
        },
    )  # fmt: skip
    ((call,),) = (row["calls"] for row in rows)
    assert (call["name"], call["arguments"]["word"] in ("fruit", "colour")) == ("look_up", True)
