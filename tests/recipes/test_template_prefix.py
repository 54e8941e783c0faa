"""template-prefix: nobody is asked for an instruction, and only one that is new is answered."""

import json
from pathlib import Path

from shipped_runs import run_like

from sofrito.teachers.call import Completion

TAGS = {"task": "question", "difficulty": "easy", "quality": "good"}
INSTRUCTIONS = (
    "How do bees find their way home?",
    "Sure, I can help you with that.",
    "How do bees find their way home ?",
    "Tea?",
    "Which stones float on water, and why?",
)


class Script:
    """Writes one instruction after the other in the user's turn, and answers in the other."""

    def __init__(self) -> None:
        self.unasked = list(INSTRUCTIONS)

    def __call__(self, call: Completion) -> str:
        if call.turn == "user":
            assert call.messages == ()
            return self.unasked.pop(0) if self.unasked else INSTRUCTIONS[1]
        prompt = call.messages[-1].content
        return json.dumps(TAGS) if prompt.startswith("A user wrote") else f"Answer to: {prompt}"


def test_the_user_s_turn_is_written_without_a_prompt(tmp_path: Path) -> None:
    run = run_like("template-prefix", Script(), tmp_path, rows=2)
    first, _, _, _, last = INSTRUCTIONS
    expected = [
        {"instruction": text, "response": f"Answer to: {text}", **TAGS} for text in (first, last)
    ]
    assert (run.status, list(run.rows.values())) == ("complete", expected)
