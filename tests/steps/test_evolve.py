"""evolve: rounds of operators, what undoes them, and what is told of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk import Said, Worked, cut, row_of, step_of, worked
from pydantic import ValidationError
from storm import calm, recipe_of

from sofrito.recipe.base import Load
from sofrito.steps.evolve_rounds import Operator, Rules, drawn
from sofrito.steps.work import Event, Lost, Row, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.teacher import Refused

HARDER = "---\ntitle: Harder\nkind: depth\nweight: 3\n---\nHarder ({{ level }}): {{ text }}"
OTHER = "Other than {{ text }}, answered by {{ reply }}"
GAIN = "{{ before }} => {{ after }}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts" / "operators").mkdir(parents=True)
    (tmp_path / "prompts" / "rubrics").mkdir()
    (tmp_path / "prompts" / "operators" / "harder.j2").write_text(HARDER, encoding="utf-8")
    (tmp_path / "prompts" / "operators" / "other.j2").write_text(OTHER, encoding="utf-8")
    (tmp_path / "prompts" / "rubrics" / "more.j2").write_text(GAIN, encoding="utf-8")
    return tmp_path


def evolved(
    folder: Path, teacher: Callable[[Any], Any] | Said, text: Any = "Name a fruit.", **said: Any
) -> Worked:
    """Evolve one row; ``teacher`` is what is said each time, or who says it."""
    step = step_of(**{"evolve": "task", "operators": ["harder"], **said})
    answer = teacher if callable(teacher) else lambda _: teacher
    return worked(step, row_of(task=text, level="B1"), answer, folder=folder)


def by_prompt(**answers: Any) -> Callable[[Any], Any]:
    """Answer a call by the beginning of its prompt, several times with one answer after the other."""
    left = {
        start: list(said) if isinstance(said, list) else said for start, said in answers.items()
    }

    def answer(call: Any) -> Any:
        start = call.messages[0].content.split()[0]
        said = left[start]
        return said.pop(0) if isinstance(said, list) else said

    return answer


def asked(prompt: str, number: int, column: str, **sampling: Any) -> Completion:
    seed = mix(7, "evolve task", number, column) & 0x7FFFFFFF
    return Completion("teacher", (Message("user", prompt),), sampling, seed=seed)


def told(call: Completion) -> Event:
    return Event("evolve task", "call", {"key": call.key({}).hex()})


def tried(number: int, reason: str | None = None, operator: str = "harder") -> dict[str, Any]:
    return {"round": number, "operator": operator, "kept": reason is None, "reason": reason}


def test_a_text_is_rewritten_round_by_round(folder: Path) -> None:
    done = evolved(
        folder,
        by_prompt(Harder=[" Name a red fruit. ", "Name two red fruits."]),
        rounds=2,
        sampling={"temperature": 1, "top_p": 0.95},
    )
    first = asked("Harder (B1): Name a fruit.", 1, "task", temperature=1.0, top_p=0.95)
    second = asked("Harder (B1): Name a red fruit.", 2, "task", temperature=1.0, top_p=0.95)
    assert done.turns == [[first], [second]]
    evolution = {
        "version": 2,
        "rounds": 2,
        "operator": "harder",
        "original": "Name a fruit.",
        "lineage": [tried(1), tried(2)],
    }
    values = {"task": "Name two red fruits.", "evolution": evolution}
    assert done.outcome == [row_of(level="B1").having(values, told(first), told(second))]


def test_every_version_is_answered_the_first_one_included(folder: Path) -> None:
    done = evolved(
        folder,
        by_prompt(Answer=["A fig.", "Good.", "Mint.", "Fine."], Other="Name a herb."),
        operators={"other": 1},
        answer={"reply": "Answer {{ task }}", "note": "Answer {{ text }} ({{ reply }})"},
        versions="all",
    )
    calls = [
        asked("Answer Name a fruit.", 0, "reply"),
        asked("Answer Name a fruit. (A fig.)", 0, "note"),
        asked("Other than Name a fruit., answered by A fig.", 1, "task"),
        asked("Answer Name a herb.", 1, "reply"),
        asked("Answer Name a herb. (Mint.)", 1, "note"),
    ]
    assert done.turns == [[call] for call in calls]
    first, second = done.outcome
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert [(one.id, one.parent) for one in (first, second)] == [
        ("12.0", row_of(task="Name a fruit.", level="B1")),
        ("12.1", row_of(task="Name a fruit.", level="B1")),
    ]
    assert first.key != second.key
    evolution = {"version": 0, "rounds": 0, "operator": None, "original": "Name a fruit."}
    assert first.values == {
        "task": "Name a fruit.",
        "level": "B1",
        "reply": "A fig.",
        "note": "Good.",
        "evolution": {**evolution, "lineage": []},
    }
    evolution |= {"version": 1, "rounds": 1, "operator": "other"}
    assert second.values == {
        "task": "Name a herb.",
        "level": "B1",
        "reply": "Mint.",
        "note": "Fine.",
        "evolution": {**evolution, "lineage": [tried(1, operator="other")]},
    }
    assert first.story == tuple(map(told, calls[:2]))
    assert second.story == tuple(map(told, calls))


def test_without_a_seed_where_nothing_is_drawn(folder: Path) -> None:
    done = evolved(folder, "Name two.", sampling={"temperature": 0})
    chat = (Message("user", "Harder (B1): Name a fruit."),)
    assert done.calls == [Completion("teacher", chat, {"temperature": 0})]


UNDONE = [
    ({"gain": "more"}, {"Name": "Equal."}, "gain: nothing gained"),
    ({"refusal": {"column": "reply"}}, {"reply": "Sorry, no."}, "refusal: the answer refuses"),
    ({"contentless": {"column": "reply"}}, {"reply": "It is!"}, "contentless: nothing is said"),
    ("echo", {"task": "The given task: name two."}, "echo: words of the prompt"),
]


@pytest.mark.parametrize(("rule", "bad", "reason"), UNDONE, ids=lambda x: str(x)[:20])
@pytest.mark.parametrize("versions", ["last", "all"])
def test_each_of_the_four_rules_undoes_a_round(
    folder: Path, rule: Any, bad: dict[str, str], reason: str, versions: str
) -> None:
    good = {"task": "Name a red fruit.", "reply": "A fig.", "Name": "not equal"}
    names = {"Harder": "task", "Answer": "reply", "Name": "Name"}
    rounds = {"task": 0, "reply": -1, "Name": 0}  # the row as it came is answered, and not ruled

    def teacher(call: Any) -> str:
        kind = names[call.messages[0].content.split()[0]]
        rounds[kind] += 1
        return (bad if rounds[kind] == 1 and kind in bad else good)[kind]

    done = evolved(
        folder,
        teacher,
        answer={"reply": "Answer {{ task }}"},
        undo=[rule],
        rounds=2,
        versions=versions,
    )
    harder = [c.messages[0].content for c in done.calls if c.messages[0].content[0] == "H"]
    assert harder == ["Harder (B1): Name a fruit."] * 2  # the second one begins where the first did
    lineage = [tried(1, reason), tried(2)]
    evolution = {"version": 1, "rounds": 2, "operator": "harder", "original": "Name a fruit."}
    kept = [one for one in done.outcome if isinstance(one, Row)]
    assert kept[-1].values == {
        "task": "Name a red fruit.",
        "level": "B1",
        "reply": "A fig.",
        "evolution": {**evolution, "lineage": lineage},
    }
    if versions == "last":
        assert len(done.outcome) == 1
        return
    assert [one.id for one in kept] == ["12.0", "12.2"]
    (lost,) = (one for one in done.outcome if isinstance(one, Lost))
    assert (lost.kind, lost.reason, lost.row.id) == ("rejected", reason, "12.1")
    assert lost.row.values == {
        "task": bad.get("task", good["task"]),
        "level": "B1",
        "reply": bad.get("reply", good["reply"]),
        "evolution": {
            **evolution, "version": 0, "rounds": 1, "lineage": lineage[:1],
        },
    }  # fmt: skip


def test_a_judge_of_gain_sees_both_texts(folder: Path) -> None:
    done = evolved(
        folder, by_prompt(Harder="Name two.", Name="not equal"), undo=[{"gain": {"rubric": "more"}}]
    )
    question = Completion(
        "teacher",
        (Message("user", "Name a fruit. => Name two."),),
        {"temperature": 0},
        choices=("equal", "not equal"),
    )
    assert done.calls[1:] == [question]
    (row,) = done.outcome
    assert isinstance(row, Row)
    assert row.values["task"] == "Name two."
    assert "before" not in row.values
    assert row.story == (told(asked("Harder (B1): Name a fruit.", 1, "task")), told(question))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (cut("Name"), "truncated"),
        (" \n", "empty"),
        (" Name a fruit. ", "unchanged"),
    ],
)
def test_what_is_no_new_text_is_undone(folder: Path, said: Any, reason: str) -> None:
    done = evolved(folder, said)
    evolution = {"version": 0, "rounds": 1, "operator": None, "original": "Name a fruit."}
    assert done.values == [
        {
            "task": "Name a fruit.",
            "level": "B1",
            "evolution": {**evolution, "lineage": [tried(1, reason)]},
        }
    ]


def test_an_answer_that_is_cut_off_undoes_its_round(folder: Path) -> None:
    done = evolved(
        folder,
        by_prompt(Answer=["A fig.", cut("A")], Harder="Name two."),
        answer={"reply": "Answer {{ task }}"},
    )
    (values,) = done.values
    assert (values["task"], values["reply"]) == ("Name a fruit.", "A fig.")
    assert values["evolution"]["lineage"] == [tried(1, "truncated")]


def test_what_is_cut_off_may_be_kept(folder: Path) -> None:
    done = evolved(
        folder,
        by_prompt(Answer=[cut("A fi"), cut("A"), " "], Harder=[cut("Name two"), "Name three."]),
        answer={"reply": "Answer {{ task }}"},
        truncated="keep",
        rounds=2,
    )
    (values,) = done.values
    assert (values["task"], values["reply"]) == ("Name two", "A")
    assert values["evolution"]["lineage"] == [tried(1), tried(2, "empty")]


REFUSED = Refused("refused", "HTTP 400: not this")


def test_a_refused_call_fails_the_row(folder: Path) -> None:
    done = evolved(folder, by_prompt(Harder=["Name two.", REFUSED]), rounds=3)
    assert done.lost == [("failed", "refused", "HTTP 400: not this")]
    assert len(done.calls) == 2


def test_a_refused_call_leaves_the_versions_before_it(folder: Path) -> None:
    done = evolved(folder, by_prompt(Harder=["Name two.", REFUSED]), rounds=3, versions="all")
    assert [values["task"] for values in done.values] == ["Name a fruit.", "Name two."]
    assert done.lost == [("failed", "refused", "HTTP 400: not this")]
    assert [(one.row if isinstance(one, Lost) else one).id for one in done.outcome] == [
        "12.0", "12.1", "12.2",
    ]  # fmt: skip


def test_a_judge_that_refuses_fails_the_row(folder: Path) -> None:
    done = evolved(folder, by_prompt(Harder="Name two.", Name=REFUSED), undo=[{"gain": "more"}])
    assert done.lost == [("failed", "refused", "HTTP 400: not this")]


@pytest.mark.parametrize("versions", ["last", "all"])
@pytest.mark.parametrize(
    ("said", "lost"),
    [
        (REFUSED, ("failed", "refused", "HTTP 400: not this")),
        (cut("A"), ("rejected", "truncated", "reply was cut after 9 tokens")),
        ("", ("rejected", "empty", "reply is empty")),
    ],
)
def test_a_row_without_its_first_answer_is_lost(
    folder: Path, said: Any, lost: Any, versions: str
) -> None:
    done = evolved(folder, said, answer={"reply": "{{ task }}"}, versions=versions)
    assert done.lost == [lost]
    assert len(done.outcome) == 1


@pytest.mark.parametrize("text", [None, "", "  "])
def test_nothing_cannot_evolve(folder: Path, text: str | None) -> None:
    done = evolved(folder, "Name two.", text)
    assert done.lost == [("rejected", "nothing to evolve", "")]
    assert done.calls == []


def test_a_template_that_fails_fails_the_row(folder: Path) -> None:
    done = evolved(folder, "x", answer={"reply": "{{ task / 2 }}"})
    ((kind, reason, _),) = done.lost
    assert (kind, reason) == ("failed", "template")
    done = evolved(folder, "x", answer={"reply": "{{ '' }}"})
    assert done.lost == [("failed", "template", "the prompt is empty")]


def rules(**weights: float) -> Rules:
    operators = [Operator(name, f"{name}.j2", weight) for name, weight in weights.items()]
    return Rules("evolve task", "task", operators, 1, {}, (), "teacher", {})


def test_operators_are_drawn_by_weight() -> None:
    draws = [drawn(rules(a=1, b=3), key, 1).name for key in range(4000)]
    assert 0.22 < draws.count("a") / len(draws) < 0.28


def test_an_operator_that_is_added_changes_the_rounds_that_it_wins_and_no_others() -> None:
    few, more = rules(a=1, b=2), rules(c=1, b=2, a=1)
    pairs = [(drawn(few, k, n).name, drawn(more, k, n).name) for k in range(50) for n in (1, 2)]
    assert all(other in (one, "c") for one, other in pairs)
    assert {other for _, other in pairs} == {"a", "b", "c"}


def test_a_list_of_operators_has_the_weights_of_their_heads(folder: Path) -> None:
    def names(operators: Any) -> list[str]:
        done = evolved(
            folder,
            lambda call: f"{call.seed}",
            operators=operators,
            answer={"reply": "{{ task }}"},
            rounds=40,
        )
        return [one["operator"] for one in done.values[0]["evolution"]["lineage"]]

    assert names(["harder", "other"]) == names({"harder": 3, "other": 1})
    assert names(["harder", "other"]) != names({"harder": 1, "other": 1})


def test_what_a_row_costs() -> None:
    step = step_of(
        evolve="task", operators=["a"], rounds=4, answer={"b": "x y", "c": "x y"},
        undo=["gain", "echo"], sampling={"max_tokens": 100},
    )  # fmt: skip
    assert step.load() == Load(14, 14, (1, 1), 50, 100)
    assert step.chain_runs() == 4
    step = step_of(evolve="task", operators=["a"], rounds=4, versions="all")
    assert step.load() == Load(4, 4, (5, 5), 256, 512)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"operators": ["a", "b", "a"]}, "`a` stands there twice"),
        ({"answer": {"task": "{{ text }} x"}}, "`answer` cannot make `task`, which is evolved"),
        ({"answer": {"reply": " "}}, "the template of `reply` is empty"),
    ],
)
def test_what_cannot_be_meant(said: Any, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        step_of(**{"evolve": "task", "operators": ["a"], **said})
    assert [one["msg"] for one in error.value.errors()] == [words]


def test_a_run_keeps_its_books() -> None:
    life = calm(
        recipe_of(
            {
                "seeds": {"pool": {"rows": [{"text": f"seed {i}"} for i in range(6)]}},
                "from": "pool",
                "steps": [
                    {
                        "evolve": "text",
                        "operators": ["constrain", "broaden"],
                        "rounds": 3,
                        "answer": {"reply": "answer {{ text }}"},
                        "undo": [{"words": {"never": ["w2", "w3"]}}],
                        "versions": "all",
                    }
                ],
            }
        )
    )
    assert life.status == "complete"
    gone = [one for one in life.kept.gone if one[2] == "rejected"]
    assert {reason for *_, reason in gone} <= {"words: a word it must not have"}
    assert gone
    assert len(life.kept.rows) + len(gone) == 6 * 4
