"""What a run says that it reaches: every file that the recipe reads, and none else."""

from pathlib import Path

from sofrito.export.reach import files_reached
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.recipe.sources import TemplateSources

RECIPE = """\
recipe: r
models: {teacher: {backend: scripted}}
seeds: {asked: {file: asked.jsonl}}
axes:
  tone: {file: tones.txt}
  topic: {generate: {from: tea, levels: [topic], width: 2, prompt: topics.j2}}
rows: 2
steps:
  - generate: answer
    shots: [{draw: 1, from: asked}]
    prompt: ask.j2
  - judge: answer
    rubric: own
  - revise: answer
    principles: ours.yaml
output: {write: [raw]}
"""
FILES = {
    "recipe.yaml": RECIPE,
    "asked.jsonl": '{"q": "Why?"}\n',
    "tones.txt": "calm\n",
    "topics.j2": "Name {{ width }} of {{ subject }}.\n",
    "ask.j2": "{% include 'rules.j2' %} {{ tone }} {{ topic.topic }} {{ shots[0].q }}",
    "rules.j2": "Be brief.\n",
    "prompts/rubrics/own.j2": "---\nscale: {min: 1, max: 3}\n---\n{{ judged[0] }}\n",
    "ours.yaml": "---\ntitle: Ours\n---\n- {name: a, text: Is short.}\n",
    "unused.j2": "Nobody reads this.\n",
}


def test_every_file_is_told_and_what_for(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    read = read_recipe(tmp_path, vocabulary(), environ={})
    found = files_reached(read, TemplateSources(read.folders), {})
    assert [(one.path, one.what) for one in found if (tmp_path / one.path).is_file()] == [
        (str(tmp_path / "recipe.yaml"), "recipe"),
        ("asked.jsonl", "seeds asked"),
        ("tones.txt", "axis tone"),
        ("ask.j2", "template"),
        ("ours.yaml", "principles"),
        ("prompts/rubrics/own.j2", "template"),
        ("rules.j2", "template"),
        ("topics.j2", "template"),
    ]
