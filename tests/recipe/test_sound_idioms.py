"""What people write in templates and expressions, and what is right: it validates, and it renders."""

from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.prompts import Render, Templates
from sofrito.recipe.read import read_recipe
from sofrito.recipe.sources import TemplateSources

ROW = {"q": "b", "c": "d", "n": 1, "l": ["x", "y"], "r": {"k": 1}}
RECIPE = """\
recipe: sound
seeds: {s: {rows: [{q: b, c: d, n: 1, l: [x, y], r: {k: 1}}]}}
from: s
steps:
  - generate: a
    prompt: |
      Write of TEXT {{ q }} {{ c }} {{ n }} {{ l }} {{ r }}
output: {write: [{text: a}]}
"""


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ ', '.join(l) }}", "x, y"),
        ("{{ '{} and {}'.format(q, n) }}", "b and 1"),
        ("{{ 'a,b'.split(q) }}", "['a,', '']"),
        ("{{ {'a': 1}.get(q, 0) }}", "0"),
        ("{{ [1, 2].index(n) }}", "0"),
        ("{{ ''.join([q, c]) }}", "bd"),
        ("{{ ['a', 'b'][n] }}", "b"),
        ("{{ {'b': 'c'}[q] }}", "c"),
        ("{{ 'abc'[n:] }}", "bc"),
        ("{{ 'yes' if n > 0 else 'no' }}", "yes"),
        ("{{ l | join(', ') }}, {{ l | length }}, {{ l[0] }}, {{ l | first }}", "x, y, 2, x, x"),
        (
            "{% for x in l %}{{ loop.index }}{{ x }}{% if not loop.last %};{% endif %}{% endfor %}",
            "1x;2y",
        ),
        ("{% for k, v in r | items %}{{ k }}={{ v }}{% endfor %}", "k=1"),
        ("{% for k in r %}{{ k }}{{ r[k] }}{% endfor %}", "k1"),
        ("{% set x = q ~ c %}{{ x | upper }}", "BD"),
        ("{{ n + 1 }}", "2"),
        ("{{ q.strip() }}{{ c | trim }}{{ q.upper() }}", "bdB"),
        ("{{ (q ~ c) | replace('b', 'x') }}", "xd"),
        ("{{ r.k }}{{ r['k'] }}{{ r.get('z', 2) }}", "112"),
        ("{{ zz | default('none') }}{{ 'y' if zz is defined else 'n' }}", "nonen"),
        ("{{ '%s of %s' | format(q, c) }}", "b of d"),
        ("{{ l | map('upper') | join }}", "XY"),
        ("{{ l | select('equalto', 'x') | list }}", "['x']"),
        ("{{ [q, c] | sort | join }}", "bd"),
        ("{% if q in ['b'] and n in (1, 2) %}in{% endif %}", "in"),
        ("{{ n * 'ab' }}{{ '=' * 3 }}", "ab==="),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(q) }}", "<b>"),
        ("{{ q is string and n is number and l is iterable }}", "True"),
    ],
)
def test_it_validates_and_renders(text: str, made: str, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.replace("TEXT", text), encoding="utf-8")
    read = read_recipe(recipe, vocabulary())
    assert [one.code for one in read.warnings if one.severity == "error"] == []
    templates = Templates(TemplateSources(tmp_path, shared=tmp_path))
    assert templates.render([Render(text, ROW)]) == [made]


REAL = """\
seeds:
  real: {rows: [{q: Why?, kind: real, topic: sky, score: 1}, {q: How?, kind: old, topic: ice, score: 2}]}
axes: {topic: {values: [tea, rain]}}
rows: 4
steps:
  - generate: [q, score]
    prompt: "Ask of {{ topic }}."
    parse: json
    schema: {score: {type: integer, minimum: 1, maximum: 5}}
    keep: score >= 3
  - generate: kind
    prompt: "Of what kind is it? {{ q }}"
    parse: {choice: [easy, hard]}
"""
ASKED = """\
seeds: {s: {rows: [{q: Why?, content: Light., n: 1}, {q: How?, content: Ice., n: 4}]}}
from: s
steps:
  - generate: a
    prompt: WRITE
"""


@pytest.mark.parametrize(
    "recipe",
    [
        *(
            f'{REAL}output: {{write: [raw: {{columns: [q, kind], where: "{where}"}}], '
            "mix: {real: real, share: 0.2}}\n"
            for where in (
                "kind == 'real'",
                "kind in ['old', 'easy']",
                "topic == 'sky'",
                "score < 3",
                "score == 1 or kind == 'hard' and topic == 'tea'",
            )
        ),
        ASKED.replace("WRITE", "about.j2") + "output: {write: [raw: [q, a]]}\n",
        ASKED.replace("WRITE", '"{{ q }} {{ content }}"')
        + "    parse: json\n"
        + "    schema: {a: {type: integer, minimum: 1}}\n"
        + "    keep: a >= 1 and a | string | length <= 3\n"
        + "output: {write: [raw: [q, a]]}\n",
        ASKED.replace("WRITE", '"{{ q }} {{ content }}"').replace(" a\n", " yes\n")
        + "  - filter: yes\n    by: [{length: {words: [1, 9]}}]\n    when: yes\n"
        + "output: {write: [raw: [q, yes]]}\n",
        ASKED.replace("WRITE", '"{{ q }} {{ content }}"')
        + "    when: q == 'Why?' or n > 2\n"
        + "output: {write: [raw: [q, a]]}\n",
        ASKED.replace("WRITE", '"{{ q }} {{ content }}"')
        + "    n: 3\n"
        + "  - judge: a\n    given: q\n    rubric: helpfulness\n"
        + "    keep: verdict.score >= 2 and verdict.score <= 5\n"
        + "  - pair: a\n    by: verdict.score\n    margin: 3\n"
        + "output: {write: [dpo: {prompt: q}]}\n",
        ASKED.replace("WRITE", '"{{ q }} {{ content }}"')
        + "    parse: json\n    schema: {a: {type: integer}}\n"
        + "  - judge: a\n    given: q\n    rubric: helpfulness\n"
        + "output: {write: [raw: [q, a, verdict]]}\n",
    ],
)
def test_nothing_is_said_of_it(recipe: str, tmp_path: Path) -> None:
    written = "{{ q }}{{ content }}{% if context is defined %}{{ context }}{% endif %}"
    (tmp_path / "about.j2").write_text(written, encoding="utf-8")
    file = tmp_path / "recipe.yaml"
    models = "models: {teacher: {backend: scripted}}\n"
    file.write_text(f"recipe: sound\n{models}{recipe}", encoding="utf-8")
    assert read_recipe(file, vocabulary()).warnings == ()
