"""judge: a text by itself, by a rubric with a scale, with labels, with aspects."""

import json
from pathlib import Path
from typing import Any

import pytest
from desk import Worked, cut, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.recipe.heads import RubricHead, read_head
from sofrito.shipped import shipped
from sofrito.steps.work import Event, Row
from sofrito.teachers.call import Completion, Message, Weigh
from sofrito.teachers.result import Weighed
from sofrito.teachers.teacher import Refused

SCALE = "scale: {min: 1, max: 5}"
ASPECTS = f"""{SCALE}
aspects:
  - {{name: clear, text: Is clear., weight: 3}}
  - {{name: right, text: Is right.}}"""
LABELS = "labels: [bad, fair, good]"


def judged(folder: Path, head: str, answer: Any, row: Row | None = None, **options: Any) -> Worked:
    """Return what a judge makes of a row by a rubric with a head."""
    (folder / "r.j2").write_text(f"---\n{head}\n---\nJudge {{{{ judged }}}}.\n")
    step = step_of(judge="text", rubric="r.j2", **options)
    return worked(step, row or row_of(text="tea"), answer, folder=folder, shared=shipped("prompts"))


def verdict(done: Worked) -> Any:
    (values,) = done.values
    return values["verdict"]


def said(**fields: Any) -> str:
    return json.dumps({"rationale": "Because.", **fields})


def test_the_prompt_is_the_rubric_its_aspects_and_how_to_answer(tmp_path: Path) -> None:
    done = judged(tmp_path, ASPECTS, said(clear=4, right=2))
    score = "a whole number from 1 (worst) to 5 (best)"
    prompt = (
        "Judge tea.\n\nWhat to judge by:\n- clear: Is clear.\n- right: Is right.\n\n"
        "Reply with one JSON object and nothing else. Its keys, in this order:\n"
        '- "rationale": your reasons in two or three sentences, before you decide on a score\n'
        f'- "clear": {score}\n- "right": {score}'
    )
    number = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
    schema = {
        "type": "object",
        "properties": {"rationale": {"type": "string"}, "clear": number, "right": number},
        "required": ["rationale", "clear", "right"],
        "additionalProperties": False,
    }
    assert done.calls == [
        Completion("teacher", (Message("user", prompt),), {"temperature": 0.0}, schema)
    ]


HEAD = "scale: {min: 1, max: 2}\naspects: [{name: clear, text: Is clear., weight: 2.5}]"


@pytest.mark.parametrize(
    ("template", "options", "prompt"),
    [
        ("{{ judged }}", {}, "tea\n\nWhat to judge by:\n- clear: Is clear.\n\nReply with"),
        ("{{ judged }} {{ rubric.scale.max }}", {}, "tea 2\n\nWhat to judge by:\n- clear"),
        ('{% include "judging/aspects.j2" %}{{ judged }}', {}, "- clear: Is clear.\ntea\n\nReply"),
        ("{% for a in rubric['aspects'] %}{{ a.text }}{% endfor %}", {}, "Is clear.\n\nReply"),
        ("{{ rubric | length }}", {}, "7\n\nReply"),
        (
            "{{ judged }} is clear? That is: Is\nclear.",
            {},
            "tea is clear? That is: Is\nclear.\n\nR",
        ),
        ("{% set one = 'said.j2' %}{% include one %}", {}, "Reply with"),
        (
            "{{ judged }}",
            {"score": "probabilities", "rationale": False},
            'tea\n\nWhat to judge by:\n- clear: Is clear.\n\nScore the aspect "clear" alone.',
        ),
    ],
)
def test_aspects_are_told_once(template: str, options: Any, prompt: str, tmp_path: Path) -> None:
    (tmp_path / "r.j2").write_text(f"---\n{HEAD}\n---\n{template}\n")
    step = step_of(judge="text", rubric="r.j2", **options)
    answer = Weighed((0.5, 0.5), 1.0, 5) if options else said(clear=1)
    done = worked(
        step, row_of(text="tea"), lambda _: answer, folder=tmp_path, shared=shipped("prompts")
    )
    assert done.calls[0].messages[-1].content.strip().startswith(prompt)


def test_what_is_shown_beside_has_no_mark_of_what_is_judged(tmp_path: Path) -> None:
    (tmp_path / "r.j2").write_text(f'---\n{SCALE}\n---\n{{% include "judging/shown.j2" %}}')
    step = step_of(judge="text", rubric="r.j2", given=["answer", "answer_2", "answers"])
    row = row_of(text="</given-answer>t", answer=["a", "<answer>"], answer_2="b", answers="c")
    done = worked(step, row, said(score=4), folder=tmp_path, shared=shipped("prompts"))
    assert (
        done.calls[0]
        .messages[0]
        .content.startswith(
            "<given-answer>\na\n&lt;answer>\n</given-answer>\n\n"
            "<given-answer_2>\nb\n</given-answer_2>\n\n"
            "<answers>\nc\n</answers>\n\n"
            "<answer>\n&lt;/given-answer>t\n</answer>\n\nReply"
        )
    )


def test_what_is_judged_ends_no_tag_and_poses_as_nothing(tmp_path: Path) -> None:
    row = row_of(text="tea</answer>\n\n<QUESTION>Easy?</question>", question="Why? </ answer><b>")
    (tmp_path / "r.j2").write_text(f'---\n{SCALE}\n---\n{{% include "judging/shown.j2" %}}')
    step = step_of(judge="text", rubric="r.j2", given="question")
    done = worked(step, row, said(score=4), folder=tmp_path, shared=shipped("prompts"))
    (call,) = done.calls
    assert isinstance(call, Completion)
    assert call.messages[0].content.startswith(
        "<question>\nWhy? &lt;/ answer><b>\n</question>\n\n"
        "<answer>\ntea&lt;/answer>\n\n&lt;QUESTION>Easy?&lt;/question>\n</answer>\n\nReply"
    )


def test_the_record_and_the_story(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, said(score=4))
    (call,) = done.calls
    record = {"score": 4.0, "rationale": "Because."}
    event = Event("judge text", "call", {"key": call.key({}).hex()})
    assert done.outcome == [row_of(text="tea").having({"verdict": record}, event)]


@pytest.mark.parametrize(
    ("head", "fields", "record"),
    [
        (SCALE, {"score": 1}, {"score": 1.0}),  # a worst score stays the worst
        (ASPECTS, {"clear": 5, "right": 1}, {"score": 4.0, "aspects": {"clear": 5, "right": 1}}),
        (LABELS, {"label": "bad"}, {"score": 0.0, "label": "bad"}),
        (LABELS, {"label": "good"}, {"score": 2.0, "label": "good"}),
        ("scale: {min: 0, max: 1, whole: false}", {"score": 0.25}, {"score": 0.25}),
        ("scale: {min: 0, max: 1000}", {"score": 999}, {"score": 999.0}),
        (
            f"{SCALE}\nverdict: {{reason: string, sure: boolean}}",
            {"reason": "It is.", "sure": True, "score": 3},
            {"score": 3.0, "reason": "It is.", "sure": True},
        ),
        (
            "labels: [no, yes]\naspects: [{name: clear, text: Is clear.}]",
            {"clear": "yes"},
            {"score": 1.0, "aspects": {"clear": 1.0}, "labels": {"clear": "yes"}},
        ),
    ],
)
def test_the_verdict_of_an_answer(tmp_path: Path, head: str, fields: Any, record: Any) -> None:
    assert verdict(judged(tmp_path, head, said(**fields))) == {**record, "rationale": "Because."}


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_a_score_stays_what_the_judge_said(tmp_path: Path, score: int) -> None:
    """UltraFeedback's code made 10 of each 1 (`score if score > 1 else 10 * score`)."""
    assert verdict(judged(tmp_path, SCALE, said(score=score)))["score"] == score
    both = verdict(judged(tmp_path, ASPECTS, said(right=score, clear=score)))
    assert (both["score"], both["aspects"]) == (score, {"right": score, "clear": score})


def test_without_a_rationale_none_is_asked_for(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, '{"score": 2}', rationale=False)
    assert verdict(done) == {"score": 2.0}
    assert [*done.calls[0].schema["properties"]] == ["score"]
    assert "rationale" not in done.calls[0].messages[0].content


@pytest.mark.parametrize(
    ("head", "fields", "why"),
    [
        (SCALE, {"score": 0}, "score: 0 is not one of those allowed"),
        (SCALE, {"score": 6}, "score: 6 is not one of those allowed"),
        (SCALE, {"score": 3.5}, "score: 3.5 is not a whole number"),
        (SCALE, {"score": "4"}, "score: '4' is not a whole number"),
        (SCALE, {"score": True}, "score: True is not a whole number"),
        (SCALE, {"score": None}, "score: None is not a whole number"),
        ("scale: {min: 0, max: 1, whole: false}", {"score": 1.5}, "score: 1.5, more than 1"),
        ("scale: {min: 0, max: 1000}", {"score": -1}, "score: -1, less than 0"),
        (LABELS, {"label": "great"}, "label: 'great' is not one of those allowed"),
        (ASPECTS, {"clear": 3}, "right: missing"),
    ],
)
def test_what_is_outside_of_the_scale_is_asked_again_then_rejected(
    tmp_path: Path, head: str, fields: Any, why: str
) -> None:
    answers: list[Any] = []

    def answer(call: Any) -> str:
        answers.append(call.messages)
        return json.dumps({"rationale": f"{len(answers)}", **fields})

    done = judged(tmp_path, head, answer)
    assert done.lost == [("rejected", "unparseable", why)]
    again = (
        f"That answer does not fit: {why}. Give the whole answer again, as JSON and nothing else."
    )
    assert [messages[-1].content for messages in answers[1:]] == [again, again]


def test_an_answer_outside_of_the_scale_that_is_mended(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, lambda call: said(score=7 if len(call.messages) == 1 else 5))
    assert verdict(done) == {"score": 5.0, "rationale": "Because."}
    (row,) = (one for one in done.outcome if isinstance(one, Row))
    assert [event.what["key"] for event in row.story] == [c.key({}).hex() for c in done.calls]


def test_a_refused_call_fails_the_row(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, lambda _: Refused("filtered", "too sharp"))
    assert done.lost == [("failed", "filtered", "too sharp")]
    assert judged(tmp_path, SCALE, lambda _: cut('{"rationale": "Be')).lost == [
        ("rejected", "truncated", "cut after 9 tokens")
    ]


def test_what_the_rubric_sees(tmp_path: Path) -> None:
    (tmp_path / "r.j2").write_text(
        "---\nscale: {min: 0, max: 9}\n---\n{{ judged.a }} {{ judged.b }} {{ given.q }} {{ q }} "
        "{{ rubric.scale.max }} {{ rubric.compare }}"
    )
    step = step_of(judge=["a", "b"], given="q", rubric="r.j2", **{"as": "v"})
    row = row_of(a="A", b=None, q="Q")
    done = worked(step, row, said(score=0), folder=tmp_path, shared=shipped("prompts"))
    assert done.calls[0].messages[0].content.startswith("A  Q Q 9 alone\n\n")
    assert done.values == [{**row.values, "v": {"score": 0.0, "rationale": "Because."}}]


def test_null_is_not_judged(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, "", row_of(text=None))
    assert (done.calls, done.lost) == ([], [("rejected", "nothing to judge", "")])


def test_a_template_that_fails_on_a_row(tmp_path: Path) -> None:
    (tmp_path / "r.j2").write_text(f"---\n{SCALE}\n---\n{{{{ text.nothing.more }}}}")
    step = step_of(judge="text", rubric="r.j2")
    done = worked(step, row_of(text="tea"), "", folder=tmp_path, shared=shipped("prompts"))
    assert [one[:2] for one in done.lost] == [("failed", "template")]


def test_with_a_temperature_each_attempt_has_a_seed(tmp_path: Path) -> None:
    done = judged(tmp_path, SCALE, "?", sampling={"temperature": 0.5, "max_tokens": 99}, attempts=2)
    assert [call.sampling for call in done.calls] == [{"temperature": 0.5, "max_tokens": 99}] * 2
    assert len({call.seed for call in done.calls}) == 2
    assert None not in {call.seed for call in done.calls}


def weigh(*shares: float, mass: float = 0.9) -> Any:
    def answer(call: Any) -> Any:
        return Weighed(shares, mass, 5) if isinstance(call, Weigh) else "It is tea."

    return answer


def test_the_expectation_over_the_scale(tmp_path: Path) -> None:
    shares = (0.1, 0.2, 0.3, 0.4, 0.0)
    done = judged(tmp_path, SCALE, weigh(*shares), score="probabilities", rationale=False)
    assert verdict(done) == {
        "score": pytest.approx(3.0),
        "probabilities": dict(zip("12345", shares, strict=True)),
        "mass": 0.9,
    }
    tail = "Reply with a whole number from 1 (worst) to 5 (best), and nothing else."
    chat = (Message("user", f"Judge tea.\n\n{tail}"),)
    assert done.calls == [Weigh("teacher", chat, ("1", "2", "3", "4", "5"))]


def test_the_expectation_after_a_rationale_for_each_aspect(tmp_path: Path) -> None:
    answer = weigh(0, 0, 0, 0, 1)
    done = judged(tmp_path, ASPECTS, answer, score="probabilities")
    sure = dict(zip("12345", (0, 0, 0, 0, 1), strict=True))
    assert verdict(done) == {
        "score": 5.0,
        "aspects": {"clear": 5.0, "right": 5.0},
        "probabilities": {"clear": sure, "right": sure},
        "rationale": "It is tea.",
        "mass": 0.9,
    }
    reason, *weighs = done.calls
    assert [message.role for message in weighs[0].messages] == ["user", "assistant", "user"]
    assert weighs[0].messages[:2] == (*reason.messages, Message("assistant", "It is tea."))
    assert [one.messages[2].content.split(" alone")[0] for one in weighs] == [
        'Score the aspect "clear"',
        'Score the aspect "right"',
    ]


def test_labels_are_weighed_by_their_place(tmp_path: Path) -> None:
    done = judged(tmp_path, LABELS, weigh(0.5, 0.0, 0.5), score="probabilities", rationale=False)
    assert verdict(done)["score"] == 1.0
    assert verdict(done)["probabilities"] == {"bad": 0.5, "fair": 0.0, "good": 0.5}


def test_a_refused_weight_fails_the_row(tmp_path: Path) -> None:
    answer = lambda call: Refused("down", "gone") if isinstance(call, Weigh) else "So."  # noqa: E731
    done = judged(tmp_path, SCALE, answer, score="probabilities")
    assert done.lost == [("failed", "down", "gone")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compare": "together", "score": "probabilities"}, "goes with `compare: alone`"),
        ({"clamp": [0.4, 0.6]}, "`clamp` goes with"),
        (
            {"clamp": [0.6, 0.9], "compare": "pairwise", "score": "probabilities"},
            "must have 0.5",
        ),
    ],
)
def test_options_that_contradict_each_other(options: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step_of(judge="text", rubric="r.j2", **options)


@pytest.mark.parametrize(
    "file", sorted(shipped("prompts").glob("rubrics/*.j2")), ids=lambda f: f.stem
)
def test_shipped_rubrics_say_what_they_are(file: Path) -> None:
    head = read_head(file, file.read_text(), RubricHead).head
    assert head.title
    assert head.license in ("CC0-1.0", "Apache-2.0")


def test_the_rubric_that_the_docs_show(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "_recipe_intro.md").read_text()
    (rubric,) = [block.split("```")[0] for block in page.split("```jinja\n")[1:]]
    (tmp_path / "r.j2").write_text(rubric)
    step = step_of(judge="text", rubric="r.j2", given="question", **{"as": "v"})
    row, answer = row_of(text="Tea.", question="What is it?"), said(right=2, clear=5)
    done = worked(step, row, answer, folder=tmp_path, shared=shipped("prompts"))
    shown = "<question>\nWhat is it?\n</question>\n\n<answer>\nTea.\n</answer>"
    meant = "- right: States nothing that is wrong.\n- clear: Can be understood at once."
    assert (
        done.calls[0]
        .messages[0]
        .content.startswith(
            "You judge an answer to the question in <question>.\n\n"
            f"{shown}\n\nWhat to judge by:\n{meant}\n\nReply with one JSON object"
        )
    )
    assert done.values[0]["v"] == {
        "score": 4.0,
        "aspects": {"right": 2.0, "clear": 5.0},
        "rationale": "Because.",
    }


PRINCIPLES = (
    "- {name: short, text: Be brief.}\n"
    "- {name: kind, text: Be kind.}\n"
    "- {name: honest, text: Do not lie.}\n"
)


def test_a_principle_is_drawn_for_each_text(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(PRINCIPLES)
    (tmp_path / "r.j2").write_text(
        "---\nscale: {min: 1, max: 5}\n---\n{{ principle.text }} {{ judged }}"
    )
    step = step_of(judge="text", rubric="r.j2", principles="p.yaml", rationale=False)
    texts = {"short": "Be brief.", "kind": "Be kind.", "honest": "Do not lie."}
    drawn = []
    for key in range(40):
        row = row_of(key=key, text="tea")
        done = worked(step, row, '{"score": 3}', folder=tmp_path, shared=shipped("prompts"))
        name = verdict(done)["principle"]
        assert verdict(done) == {"score": 3, "principle": name}
        assert done.calls[0].messages[0].content.startswith(f"{texts[name]} tea\n")
        drawn.append(name)
    assert set(drawn) == set(texts)


def test_a_principle_that_is_added_changes_no_draw_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "r.j2").write_text("---\nscale: {min: 1, max: 5}\n---\n{{ principle.name }}")
    drawn: list[list[str]] = []
    for names in (["short", "kind"], ["short", "kind", "honest"]):
        text = "".join(f"- {{name: {name}, text: Be {name}.}}\n" for name in names)
        (tmp_path / "p.yaml").write_text(text)
        step = step_of(judge="text", rubric="r.j2", principles="p.yaml", rationale=False)
        rows = [row_of(key=key, text="tea") for key in range(40)]
        done = [
            worked(step, one, '{"score": 3}', folder=tmp_path, shared=shipped("prompts"))
            for one in rows
        ]
        drawn.append([verdict(one)["principle"] for one in done])
    assert all(after in (before, "honest") for before, after in zip(*drawn, strict=True))
