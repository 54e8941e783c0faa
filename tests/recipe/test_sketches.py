"""The sketches that the language was designed by: each validates."""

from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

SKETCHES = Path(__file__).parents[3] / "shared" / "language"
NAMES = [
    "alpaca", "chain-of-thought", "constitutional", "curate", "dialogue", "distill", "domain-qa",
    "evol-instruct", "flywheel", "preference-pairs", "self-instruct", "taxonomy", "template-prefix",
    "textbook", "tool-calls",
]  # fmt: skip

# Seed pools that sketches name and do not declare.
POOLS = {"curate": {"seeds.gsm8k": "{file: seeds/prompts.jsonl}"}}

# No recipe: a file of generations around one, of a schema of its own.
NO_RECIPE = ("flywheel",)

ROWS = {
    "seeds/tasks.jsonl": '{"instruction": "Name a fruit.", "input": "", "output": "A fig.", '
    '"is_classification": false}\n{"instruction": "Is tea a drink?", "input": "", "output": "Yes.", '
    '"is_classification": true}\n',
    "seeds/problems.jsonl": '{"question": "What is 2 + 2?", "gold": "4"}\n'
    '{"question": "What is 3 + 3?", "gold": null}\n',
    "seeds/prompts.jsonl": "".join(f'{{"instruction": "Name {n} fruits."}}\n' for n in range(500)),
    "seeds/toolsets.jsonl": '{"tools": [{"type": "function", "function": {"name": "add"}}]}\n',
    "documents/tea.md": "# Tea\n\nTea is made of leaves and hot water.\n",
    "personas.txt": "a hurried traveller\na patient teacher\n",
    "principles.yaml": "- {name: honest, text: Say what you do not know.}\n",
}
SHOTS = "{% for shot in shots %}\n{{ shot.instruction }}\n{% endfor %}\n"
SCALE = "---\nscale: {min: 1, max: 5}\n---\n"
PROMPTS = {
    "alpaca/prompts/twenty_tasks.j2": f"{SHOTS}Write twenty more tasks.\n",
    "chain-of-thought/prompts/solve.j2": "{{ question }}\nThink step by step.\n",
    "chain-of-thought/prompts/solve_with_hint.j2": "{{ question }}\nIt is {{ gold }}. Why?\n",
    "constitutional/prompts/plain.j2": "{{ instruction }}\n",
    "constitutional/prompts/critique.j2": "{{ response }}\nDoes it {{ principle.text }}?\n",
    "constitutional/prompts/revision.j2": "{{ response }}\n{{ critique }}\n",
    "dialogue/prompts/user.j2": "You are {{ persona }} and want to {{ goal }}.\n",
    "dialogue/prompts/assistant.j2": "Help who writes.\n",
    "dialogue/prompts/dialogue.j2": f"{SCALE}Is this a good dialogue? {{{{ messages }}}}\n",
    "distill/prompts/respond.j2": "{{ instruction }}\n",
    "domain-qa/prompts/questions.j2": "Ask about this text: {{ text }}\n",
    "domain-qa/prompts/answer.j2": "{{ text }}\n{{ question }}\n",
    "domain-qa/prompts/grounded.j2": f"{SCALE}Does the text say so? {{{{ text }}}}\n{{{{ answer }}}}\n",
    "evol-instruct/prompts/respond.j2": "{{ instruction }}\n",
    "evol-instruct/prompts/no_gain.j2": "Are these two tasks equal? {{ instruction }}\n",
    "preference-pairs/prompts/respond.j2": "{{ instruction }}\n",
    "preference-pairs/prompts/honest.j2": "Say what you do not know.\n",
    "preference-pairs/prompts/brief.j2": "Be brief.\n",
    "preference-pairs/prompts/four_aspects.j2": f"{SCALE}{{{{ response }}}}\n",
    "preference-pairs/prompts/better.j2": "{{ judged[0] }}\n{{ judged[1] }}\n",
    "self-instruct/prompts/new_instructions.j2": f"{SHOTS}Go on with the list.\n",
    "self-instruct/prompts/is_classification.j2": f"{SHOTS}{{{{ instruction }}}}\n",
    "self-instruct/prompts/instances.j2": "{% include 'output_first.j2' if is_classification else "
    "'input_first.j2' %}\n",
    "self-instruct/output_first.j2": "{{ instruction }}\nGive an output, then its input.\n",
    "self-instruct/input_first.j2": "{{ instruction }}\nGive an input, then its output.\n",
    "taxonomy/prompts/question.j2": "{{ concept.discipline }}: ask about {{ concept.concept }}.\n",
    "textbook/prompts/outline.j2": "Chapters on {{ topic.topic }} for a {{ audience }}.\n",
    "textbook/prompts/sections.j2": "Sections of {{ chapter }}, after {{ needs }}.\n",
    "textbook/prompts/section.j2": "Write {{ section }} of {{ chapter }} ({{ difficulty }}).\n",
    "textbook/prompts/exercises.j2": "Exercises on {{ body }}\n",
    "textbook/prompts/page.j2": "{{ body }}\n{% for one in exercises %}{{ one }}\n{% endfor %}",
    "tool-calls/prompts/requests.j2": "Requests that need one of {{ tools | tojson }}.\n",
    "tool-calls/prompts/call.j2": "{{ tools | tojson }}\n{{ request }}\n",
}


def lay(folder: Path, name: str) -> Path:
    """Lay a sketch and the files that it names into a folder; return its file."""
    text = (SKETCHES / f"{name}.yaml").read_text(encoding="utf-8")
    own = {key.partition("/")[2]: one for key, one in PROMPTS.items() if key.startswith(f"{name}/")}
    for file, content in {**ROWS, **own}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content, encoding="utf-8")
    rows: Any = Array(["Tea is made of leaves. " * 9], DataType.string())
    write_parquet(Table({"text": rows}), folder / "data.parquet")
    recipe = folder / "recipe.yaml"
    recipe.write_text(text, encoding="utf-8")
    return recipe


def errors(recipe: Path, vocabulary: Vocabulary, name: str) -> list[Problem]:
    try:
        read_recipe(recipe, vocabulary, sets=POOLS.get(name), environ={})
    except RecipeError as error:
        return [one for one in error.problems if one.severity == "error"]
    return []


needs_sketches = pytest.mark.skipif(not SKETCHES.is_dir(), reason="the sketches are not here")


@needs_sketches
def test_all_are_known() -> None:
    assert sorted(file.stem for file in SKETCHES.glob("*.yaml")) == NAMES


@needs_sketches
@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_RECIPE])
def test_it_validates(tmp_path: Path, name: str, vocabulary: Vocabulary) -> None:
    assert errors(lay(tmp_path, name), vocabulary, name) == []
