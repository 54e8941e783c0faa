"""The four rules by which evolved texts are eliminated, each by itself."""

import re
from pathlib import Path
from typing import Any

import pytest
from desk import Said, Worked, part_of, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.filters.base import KEPT, Verdict
from sofrito.filters.contentless import Contentless
from sofrito.filters.echo import Echo
from sofrito.filters.gain import Gain
from sofrito.filters.refusal import Refusal
from sofrito.recipe.expressions import names_used, parsed
from sofrito.recipe.heads import OperatorHead, RubricHead, read_head
from sofrito.shipped import shipped
from sofrito.steps.work import Event, Lost
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.teacher import Refused

A = ("a",)
OPERATORS = [
    "broaden", "code_bound", "code_constrain", "code_mislead", "code_rare", "code_reason",
    "complicate", "concretize", "constrain", "deepen", "fresh_start", "reason", "switch_topic",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("Sorry, I do not know.", "Sorry"),
        ("I’m unable to open it.", "I'm unable to"),
        ("As an AI language model I have no taste.", "As an AI"),
        ("I   cannot\ndo that.", "I   cannot\ndo"),
        ("One cannot see air, and a plant can't walk.", ""),
        ("A sorrysome word.", ""),
        ("", ""),
    ],
)
def test_refusal_looks_for_its_words(text: str, hit: str) -> None:
    hit = hit.removesuffix("\ndo")
    refused = Verdict(
        False,
        "the answer refuses",
        f"a has “{hit}” in {len(text.split())} words",
        len(text.split()),
    )
    assert Refusal().judge({"a": text}, A) == (refused if hit else KEPT)


def test_refusal_leaves_long_answers_alone() -> None:
    text = "sorry " + "word " * 78
    assert Refusal().judge({"a": text}, A).score == 79
    assert Refusal().judge({"a": text + "more"}, A) == KEPT
    assert Refusal(under_words=79).judge({"a": text}, A) == KEPT


def test_refusal_takes_more_words_and_another_column() -> None:
    one = Refusal(words=("tut mir leid",), column="b")
    assert one.uses() == ("b",)
    refused = Verdict(False, "the answer refuses", "b has “Tut mir leid” in 4 words", 4)
    assert one.judge({"a": "Sorry.", "b": "Tut mir leid, nein"}, A) == refused
    assert one.judge({"a": "Sorry.", "b": "Ja."}, A) == KEPT
    assert Refusal().uses() == ()


@pytest.mark.parametrize("text", [None, "", " \n", "...!?", "It is what it is.", "You’re —", "🙂"])
def test_contentless_texts_say_nothing(text: str | None) -> None:
    nothing = Verdict(False, "nothing is said", f"a: {(text or '').strip()!r}")
    assert Contentless().judge({"a": text}, A) == nothing


@pytest.mark.parametrize("text", ["No.", "yes", "42", "It is a fig.", "x²", "茶"])
def test_short_answers_have_content(text: str) -> None:
    assert Contentless().judge({"a": text}, A) == KEPT


def test_each_text_counts() -> None:
    values = {"a": "A fig.", "b": "It is.", "c": ""}
    nothing = Verdict(False, "nothing is said", "b: 'It is.'")
    assert Contentless().judge(values, ("a", "b", "c")) == nothing
    assert Contentless(column="a").judge(values, ("b", "c")) == KEPT


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("#Rewritten Prompt#: name two.", "Rewritten Prompt"),
        ("Here is a rewritten version: name two.", "rewritten version"),
        ("Name two. </task>", "</task>"),
        ("The given task is too easy.", "given task"),
        ("Summarize the given text about a rewritten law.", ""),
    ],
)
def test_echo_finds_words_of_the_evolving_prompt(text: str, hit: str) -> None:
    leaked = Verdict(False, "words of the prompt", f"a has “{hit}”")
    assert Echo().judge({"a": text}, A) == (leaked if hit else KEPT)


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("<task>Write a poem</task>", "<task>"),
        ("Write a poem</task>", "</task>"),
        ("Solve it.<PROBLEM>Solve it.", "<PROBLEM>"),
        ("x</problem>y", "</problem>"),
    ],
)
def test_echo_finds_the_marks_where_they_touch_a_word(text: str, hit: str) -> None:
    leaked = Verdict(False, "words of the prompt", f"a has “{hit}”")
    assert Echo().judge({"a": text}, A) == leaked


def test_echo_takes_other_words_instead() -> None:
    one = Echo(words=("new version",))
    assert one.judge({"a": "A given prompt."}, A) == KEPT
    assert one.judge({"a": "A NEW version."}, A).detail == "a has “NEW version”"


@pytest.mark.parametrize("kind", [Refusal, Echo])
def test_an_empty_word_is_no_word(kind: type) -> None:
    with pytest.raises(ValidationError) as error:
        part_of(kind, {"words": ["a", " "]})
    assert [one["msg"] for one in error.value.errors()] == ["an empty word cannot be looked for"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "more.j2").write_text("{{ before }} / {{ after }}: more?", encoding="utf-8")
    head = "---\nlabels: [worse, equal, better]\n---\n"
    (tmp_path / "labels.j2").write_text(f"{head}{{{{ after }}}}: which?", encoding="utf-8")
    head = "---\nscale: {min: 1, max: 3}\n---\n"
    (tmp_path / "scale.j2").write_text(f"{head}{{{{ after }}}}: how much?", encoding="utf-8")
    (tmp_path / "broken.j2").write_text("{{ after / 2 }}", encoding="utf-8")
    return tmp_path


def judged(folder: Path, entry: Any, said: Said) -> Worked:
    step = step_of(filter="new", by=[{"gain": entry}])
    row = row_of(old="Name a fruit.", new="Name two.", other=3)
    return worked(step, row, lambda _: said, folder=folder)


GAINED = [
    ("more.j2", "Not equal.", ("equal", "not equal"), None),
    ("more.j2", '"Equal"', ("equal", "not equal"), "new: equal"),
    ("labels.j2", "worse", ("worse", "equal", "better"), "new: worse"),
    ("labels.j2", "equal", ("worse", "equal", "better"), None),
    ("scale.j2", "1", ("1", "2", "3"), "new: 1"),
    ("scale.j2", "2", ("1", "2", "3"), None),
]


@pytest.mark.parametrize(("rubric", "said", "labels", "lost"), GAINED)
def test_gain_asks_a_judge(
    folder: Path, rubric: str, said: str, labels: tuple[str, ...], lost: str | None
) -> None:
    prompts = {
        "more.j2": "Name a fruit. / Name two.: more?",
        "labels.j2": "Name two.: which?",
        "scale.j2": "Name two.: how much?",
    }
    done = judged(folder, {"rubric": rubric, "over": "old", "model": "judge"}, said)
    chat = (Message("user", prompts[rubric]),)
    call = Completion("judge", chat, {"temperature": 0}, choices=labels)
    assert done.calls == [call]
    (one,) = done.outcome
    row = one.row if isinstance(one, Lost) else one
    assert row.story == (Event("filter new", "call", {"key": call.key({}).hex()}),)
    assert done.lost == ([("rejected", "gain: nothing gained", lost)] if lost else [])


def test_a_judge_who_says_something_else_is_no_gain(folder: Path) -> None:
    done = judged(folder, {"rubric": "more.j2", "over": "old"}, "Well, it depends.")
    lost = ("rejected", "gain: none of the judge's answers", "new: 'Well, it depends.'")
    assert done.lost == [lost]


def test_a_rubric_or_judge_that_fails_fails_the_row(folder: Path) -> None:
    done = judged(folder, {"rubric": "broken.j2", "over": "old"}, "equal")
    ((kind, reason, _),) = done.lost
    assert (kind, reason, done.calls) == ("failed", "template", [])
    done = judged(folder, {"rubric": "more.j2", "over": "old"}, Refused("refused", "no"))
    assert done.lost == [("failed", "refused", "no")]


def test_what_gain_says_of_itself() -> None:
    assert Gain().library_files() == {("rubric",): ("rubrics", "gain")}
    assert (Gain().uses(), Gain(over="x", column="y").uses()) == (("before",), ("x", "y"))
    assert (Gain().calls(2), Gain(column="y").calls(2), Gain().asks()) == (2, 1, "")
    assert part_of(Gain, {"rubric": "x"}).needs() == ("complete",)


@pytest.mark.parametrize("name", OPERATORS)
def test_shipped_operators_need_the_text_alone_and_leave_marks_that_echo_finds(name: str) -> None:
    file = shipped("prompts") / "operators" / f"{name}.j2"
    operator = read_head(file, file.read_text(encoding="utf-8"), OperatorHead)
    assert operator.head.name == name
    assert names_used(parsed(operator.body)).keys() == {"text"}
    called = set(
        re.findall(r"(?:given|created|rewritten) (?:task|problem|text|prompt)", operator.body)
    )
    assert called
    assert all(Echo().judge({"a": phrase}, A).kept is False for phrase in called)
    assert operator.head.title
    assert operator.head.license == "Apache-2.0"


def test_these_are_all_operators_there_are() -> None:
    folder = shipped("prompts") / "operators"
    assert sorted(file.stem for file in folder.iterdir()) == OPERATORS


def test_the_shipped_rubric_of_gain() -> None:
    file = shipped("prompts") / "rubrics" / "gain.j2"
    rubric = read_head(file, file.read_text(encoding="utf-8"), RubricHead)
    assert rubric.head.labels == ("equal", "not equal")
    assert names_used(parsed(rubric.body)).keys() == {"before", "after"}
