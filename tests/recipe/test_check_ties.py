"""Prompts and answers that belong together, and those of which nothing else can be told."""

from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe

SEEDS = "seeds: {s: {rows: [{question: Why?, text: The sea is salty.}]}}\nfrom: s"
AXES = "axes: {topic: {values: [tea, tides]}, tone: {values: [calm, gay]}}\nrows: 4"
PAIR = "{messages: {prompt: question, completion: answer}}"


def told(folder: Path, start: str, steps: str, write: str = PAIR) -> list[str]:
    text = f"recipe: tied\n{start}\nsteps:\n{steps}\noutput: {{write: [{write}]}}\n"
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    found = read_recipe(folder / "recipe.yaml", vocabulary(), environ={}).warnings
    return [one.what for one in found]


@pytest.mark.parametrize(
    ("start", "steps"),
    [
        (SEEDS, '  - {generate: answer, prompt: "{{ question }}"}'),
        (SEEDS, '  - {generate: answer, prompt: "What does it say? {{ text }}"}'),
        (SEEDS, "  - {set: answer, to: \"'I do not know.'\"}"),
        (
            SEEDS,
            "  - {generate: mood, prompt: Name a mood.}\n"
            '  - {generate: answer, prompt: "{{ mood }}: {{ question }}"}',
        ),
        (
            SEEDS,
            "  - {generate: answer, prompt: Name a sea.}\n  - {set: answer, to: question ~ answer}",
        ),
        (
            AXES,
            '  - {generate: question, prompt: "Ask about {{ topic }} ({{ tone }})."}\n'
            '  - {generate: answer, prompt: "Tell of {{ topic }}."}',
        ),
        (
            "rows: 4",
            "  - {set: question, to: \"'Tell me a story.'\"}\n"
            "  - {generate: answer, prompt: Write a story.}",
        ),
        ("rows: 4", "  - {generate: [question, answer], prompt: Ask and answer., parse: json}"),
        (
            "rows: 4",
            "  - {generate: answer, prompt: Write a text.}\n"
            '  - {generate: question, prompt: "Ask what this answers: {{ answer }}"}',
        ),
    ],
)
def test_what_belongs_together(start: str, steps: str, tmp_path: Path) -> None:
    assert told(tmp_path, start, steps) == []


@pytest.mark.parametrize(
    ("start", "steps", "write", "what"),
    [
        (
            SEEDS,
            "  - {generate: answer, prompt: Answer the question.}",
            PAIR,
            "`answer` is written as the answer to `question`",
        ),
        (
            SEEDS,
            "  - {generate: asked, prompt: Ask what the text answers.}",
            "{prompt_completion: {prompt: asked, completion: text}}",
            "`asked` is written as the prompt of `text`",
        ),
        (
            SEEDS,
            "  - {generate: answer, prompt: Answer the question., n: 2}\n"
            "  - {judge: answer, given: question, rubric: helpfulness}\n"
            "  - {pair: answer, by: verdict.score}",
            "{dpo: {prompt: question}}",
            "`chosen` is written as the answer to `question`",
        ),
        (
            "rows: 4",
            "  - {generate: question, prompt: Ask something.}\n"
            "  - {generate: answer, prompt: Answer the question.}",
            PAIR,
            "`answer` is written as the answer to `question`",
        ),
    ],
)
def test_what_does_not(start: str, steps: str, write: str, what: str, tmp_path: Path) -> None:
    made = "and is made without reading it or anything that it is made from."
    assert told(tmp_path, start, steps, write) == [f"{what}, {made}"]
