"""What is known of the value of an expression, by what is known of those that it reads."""

import pytest

from sofrito.recipe.inference import list_of, value_of_expression
from sofrito.recipe.value_types import Values

TEXT, NUMBER, YES = Values("text"), Values("number"), Values("boolean")
PAIR = Values("record", fields={"answer": TEXT, "right": YES}, whole=True)
KNOWN = {
    "question": TEXT,
    "words": list_of(TEXT),
    "pairs": list_of(PAIR),
    "score": NUMBER,
    "check": Values("record"),
    "check.ok": YES,
    "verdict.aspects.tone": NUMBER,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("question", TEXT),
        ("question | length", NUMBER),
        ("question ~ score", TEXT),
        ("question.strip()", TEXT),
        ("question.split()", list_of(TEXT)),
        ("score.split()", None),
        ("question[0]", TEXT),
        ("words", list_of(TEXT)),
        ("words | first", TEXT),
        ("words[-1]", TEXT),
        ("words[1:]", list_of(TEXT)),
        ("(pairs | reverse | list)[0].answer", TEXT),
        ("(pairs | last)['right']", YES),
        ("pairs[0].more", None),
        ("check.ok", YES),
        ("check.reason", None),
        ("verdict.aspects.tone", NUMBER),
        ("not question", YES),
        ("score + 1", NUMBER),
        ("-score", NUMBER),
        ("question + question", None),
        ("question if score > 3 else none", TEXT),
        ("question if score > 3", None),
        ("question if score > 3 else score", None),
        ("question or 'nothing'", TEXT),
        ("question and score", None),
        ("[question, 'a']", list_of(TEXT)),
        ("[question, score]", Values("list")),
        ("[]", Values("list")),
        ("{'answer': question, 'right': check.ok}", PAIR),
        ("[{'answer': question, 'right': true}]", list_of(PAIR)),
        (
            "[{'answer': question}, {'answer': 'a', 'right': true}]",
            Values("list", items="record", fields={"answer": TEXT}),
        ),
        ("unheard", None),
        ("question | unheard", None),
        ("question (", None),
    ],
)
def test_the_value_of_an_expression(source: str, value: Values | None) -> None:
    assert value_of_expression(source, KNOWN) == value
