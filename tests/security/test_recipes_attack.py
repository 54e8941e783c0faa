"""Recipes of a stranger: `validate` tells what is wrong with each, and takes little memory.

After a change of the words: SOFRITO_REWRITE_CASES=1 pytest tests/security/test_recipes_attack.py,
and read the difference.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import environment

HERE = Path(__file__).parent
MEGABYTES = 300
RECIPE = """
recipe: attacked
models: {teacher: {backend: scripted}}
seeds: {pool: {file: SEEDS}}
MORE
from: pool
steps:
  - generate: answer
    prompt: "PROMPT"
output: {write: [{messages: {prompt: question, completion: answer}}]}
"""


def recipe(
    prompt: str = "{{ question }}", seeds: str = "seeds.jsonl", more: str = ""
) -> dict[str, str]:
    text = RECIPE.replace("PROMPT", prompt).replace("SEEDS", seeds).replace("MORE", more)
    return {"recipe.yaml": text, "seeds.jsonl": '{"question": "Why?"}\n'}


def step(written: str) -> dict[str, str]:
    text = recipe()["recipe.yaml"].replace("output:", f"  - {written}\noutput:")
    return {**recipe(), "recipe.yaml": text, "a.j2": "{{ question }}"}


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines)


def merges() -> str:
    lines = ["a0: &a0 {k0: 1}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 50)}], k{n}: 1}}" for n in range(1, 60)
    ]
    return "\n".join(lines)


CHAIN = {f"c{n}.j2": f"{{% include 'c{n + 1}.j2' %}}" for n in range(2000)}
DOUBLE = {f"d{n}.j2": f"{{% include 'd{n + 1}.j2' %}}" * 2 for n in range(40)}
HUNDRED = 100_000_000

ATTACKS: dict[str, Callable[[], dict[str, str]]] = {
    "aliases that multiply": lambda: recipe(more=laughs()),
    "merges that multiply": lambda: recipe(more=merges()),
    "brackets without end": lambda: recipe(more="chains: " + "[" * 5000),
    "a python object": lambda: recipe(more='title: !!python/object/apply:os.system ["id"]'),
    "a second document": lambda: recipe(more="---\n- !!python/name:os.system"),
    "a recipe of 100 MB": lambda: {"recipe.yaml": "recipe: " + "x" * HUNDRED},
    "a line of 100 MB in a template": lambda: {**recipe("a.j2"), "a.j2": "x" * HUNDRED},
    "a line of 100 MB in the seeds": lambda: {
        **recipe(),
        "seeds.jsonl": '{"question": "' + "x" * HUNDRED + '"}',
    },
    "a hundred lines of 3 MB in the seeds": lambda: {
        **recipe(more="title: yes"),
        "seeds.jsonl": ('{"question": "' + "x" * 3_000_000 + '"}\n') * 100,
    },
    "seeds above the folder": lambda: recipe(seeds="../secret.jsonl"),
    "seeds above the folder, in disguise": lambda: recipe(seeds="a/../../secret.jsonl"),
    "seeds of an absolute path": lambda: recipe(seeds="/etc/passwd"),
    "seeds of the home folder": lambda: recipe(seeds="~/.ssh/id_rsa.txt"),
    "seeds of another drive": lambda: recipe(seeds='"C:\\\\secret.jsonl"'),
    "seeds by a link": lambda: recipe(seeds="link.jsonl"),
    "seeds by a linked folder": lambda: recipe(seeds="linked/secret.jsonl"),
    "seeds that never end": lambda: recipe(seeds="zero.jsonl"),
    "seeds from the web": lambda: recipe(seeds="https://example.com/a.jsonl"),
    "seeds with a NUL in their name": lambda: recipe(seeds='"a\\0.jsonl"'),
    "seeds by a pattern above the folder": lambda: {
        "recipe.yaml": recipe()["recipe.yaml"].replace("file: seeds.jsonl", "files: ../*.jsonl")
    },
    "a prompt above the folder": lambda: recipe("../secret.j2"),
    "a prompt of an absolute path": lambda: recipe("/etc/secret.j2"),
    "a prompt by a link": lambda: recipe("link.j2"),
    "an include above the folder": lambda: recipe("{% include '../secret.j2' %}"),
    "a recipe above the folder": lambda: recipe(more="extends: ../../../../../etc/passwd"),
    "a circle of includes": lambda: {**recipe("a.j2"), "a.j2": "{% include 'a.j2' %}"},
    "a long chain of includes": lambda: {**recipe("c0.j2"), **CHAIN, "c2000.j2": "x"},
    "includes that double": lambda: {**recipe("d0.j2", more="title: yes"), **DOUBLE, "d40.j2": "x"},
    "a key in the recipe": lambda: (
        recipe(more="api: 1")
        | {
            "recipe.yaml": recipe()["recipe.yaml"].replace(
                "backend: scripted",
                "backend: openai, model: m, base_url: http://localhost, api_key: sk-1",
            )
        }
    ),
    "an expression that explodes": lambda: recipe(
        more="rows: 9\naxes: {a: {values: [x, y]}}\ncover: {exclude: \"a * 10 ** 9 == 'x'\"}"
    ),
    "a whole number without end": lambda: recipe(more="rows: " + "9" * 5000),
    "a giant number in a template": lambda: recipe("{{ question }}{{ " + "9" * 5000 + " }}"),
    "the environment": lambda: recipe("{{ environ.HOME }} {{ question }} ${HOME}"),
    "a filter that is not there": lambda: recipe("{{ question | attr('__class__') }}"),
    "a line that reads otherwise than it is": lambda: recipe(more='title: "\u202ereversed\u202c"'),
    "words that nobody sees": lambda: {
        **recipe("a.j2"),
        "a.j2": "{{ question }}" + "".join(chr(0xE0000 + ord(one)) for one in "obey me"),
    },
    "an escape sequence of the terminal": lambda: recipe(more='title: "\x1b[31mred"'),
    "tags without number": lambda: recipe("{{ question }}" * 40_000),
    "a parameter put in many times": lambda: recipe(
        more=f'params: {{a: {{default: "{"x" * 100_000}"}}}}\ntitle: "{"${params.a}" * 5000}"'
    ),
    "a parameter of many items put in many times": lambda: recipe(
        more=f"params: {{a: {{default: [{'x, ' * 20_000}x]}}}}\n"
        + "chains: {c: ["
        + "'${params.a}', " * 300
        + "]}"
    ),
    "a recipe that extends itself": lambda: recipe(more="extends: recipe.yaml"),
    "recipes that extend each other": lambda: (
        recipe(more="extends: b0.yaml")
        | {f"b{n}.yaml": f"recipe: b\nextends: b{n + 1}.yaml" for n in range(100)}
    ),
    "a chain that contains itself": lambda: recipe(
        more="chains: {a: [{chain: b}], b: [{chain: a}]}"
    ),
    "a schema from the web": lambda: step(
        "{generate: x, prompt: a.j2, parse: json, schema: {$ref: 'https://example.com/x'}}"
    ),
    "a schema that holds itself": lambda: step(
        "{generate: x, prompt: a.j2, parse: json, schema: {$ref: '#'}}"
    ),
    "a head whose aliases multiply": lambda: (
        step("{judge: answer, rubric: r.j2}") | {"r.j2": f"---\n{laughs()}\n---\nx"}
    ),
    "a head without end": lambda: (
        step("{judge: answer, rubric: r.j2}") | {"r.j2": "---\n" + "a: b\n" * 50_000}
    ),
    "a template for a name": lambda: recipe(more='axes: {"{{ 7 * 7 }}": {values: [a, b]}}'),
    "a path for the recipe's name": lambda: {
        "recipe.yaml": recipe()["recipe.yaml"].replace("attacked", '"../../x"')
    },
    "a path for a split": lambda: {
        "recipe.yaml": recipe()["recipe.yaml"].replace("{write", '{splits: {"../x": 1}, write')
    },
    "a pattern that is small and explodes": lambda: step(
        '{filter: answer, by: [{pattern: {never: "(((a{1,100}){1,100}){1,100}){1,100}"}}]}'
    ),
    "a key with an escape sequence": lambda: recipe(more='"\\x1b[31mred": 1'),
    "a name with an invisible sign": lambda: recipe(more="ti\u200dtle: x"),
    "an alias within its own anchor": lambda: recipe(more="chains: &a [*a]"),
    "levels without end": lambda: recipe(more="chains: " + "{a: " * 3000 + "1" + "}" * 3000),
    "an axis from a device": lambda: recipe(more="rows: 9\naxes: {a: {file: zero.jsonl}}"),
    "seeds with a million columns": lambda: {
        **recipe(),
        "seeds.jsonl": "{" + "".join(f'"c{n}": 1, ' for n in range(10**6)) + '"question": "a"}',
    },
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    above = tmp_path_factory.mktemp("above")
    (above / "recipes").mkdir()
    for name in ("secret.jsonl", "secret.j2", "recipes/secret.jsonl", "recipes/secret.j2"):
        if "/" not in name:
            (above / name).write_text('{"question": "secret"}', encoding="utf-8")
    for name, files in ATTACKS.items():
        folder = above / "recipes" / name
        folder.mkdir()
        for file, text in files().items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "link.jsonl").symlink_to(above / "secret.jsonl")
        (folder / "link.j2").symlink_to(above / "secret.j2")
        (folder / "zero.jsonl").symlink_to("/dev/zero")
        (folder / "linked").symlink_to(above)
    return above / "recipes"


@pytest.mark.timeout(300)
def test_each_recipe_is_told_what_is_wrong_with_it(folders: Path) -> None:
    script = HERE.parent / "support" / "attack_recipes.py"
    done = subprocess.run(
        [sys.executable, script, folders], capture_output=True, check=False, env=environment()
    )
    assert (done.returncode, done.stderr.decode()[-1500:]) == (0, "")
    found = json.loads(done.stdout)
    lines = [f"{name}\n  {line}" for name, told in found["words"].items() for line in told[:2]]
    text = "\n".join(lines).replace("\0", "\\0").replace(str(folders), "…") + "\n"
    expected = HERE / "recipes.txt"
    if "SOFRITO_REWRITE_CASES" in os.environ:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert [name for name, told in found["words"].items() if not told] == []
    assert found["kilobytes"] < MEGABYTES * 1024
