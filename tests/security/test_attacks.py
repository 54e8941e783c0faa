"""Templates and expressions of a stranger: each is contained, told in words, and takes little memory.

After a change of the words: SOFRITO_REWRITE_CASES=1 pytest tests/security/test_attacks.py, and read
the difference.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from runs import environment

HERE = Path(__file__).parent
MEGABYTES = 300
BIG = {
    "{{DIGITS}}": "1" * 5000,
    "{{DEEP}}": "(" * 3000 + "1" + ")" * 3000,
    "{{MANY}}": "{{ text }}" * 20_000,
    "{{LONG}}": "x" * 1_100_000,
    "{{COPIES}}": "big[1:], " * 3_000,
    "{{UPPERS}}": "big | upper, " * 3_000,
    "{{WORDS}}": "1, " * 60_000,
    "{{DOTS}}": "a." * 20_000,
    "{{COMMAS}}": "a," * 1_000,
    "{{DOUBLES}}": "{% set a = [a, a] %}{% set b = [b, b] %}" * 40,
    "{{DOUBLE}}": "{% set a = [a, a] %}" * 40,
    "{{FORS}}": "{% for i in [1] %}" * 15 + "x" + "{% endfor %}" * 15,
    "{{LESS}}": " < 2" * 20_000,
    "{{SPLITS}}": "('\u0100 ' * 50000).split(), " * 90,
}


def attacks(kind: str) -> dict[str, str]:
    """Return the texts of a table by their names, the large ones written out."""
    table = YAML(typ="safe").load(HERE / f"{kind}s.yaml")
    for sign, text in BIG.items():
        table = {name: one.replace(sign, text) for name, one in table.items()}
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe's folder with hostile templates in it, and a secret beside it."""
    above = tmp_path_factory.mktemp("attacked")
    folder = above / "recipe"
    folder.mkdir()
    files = {
        "macros.j2": "{% macro m() %}hello{% endmacro %}",
        "circle.j2": "{% include 'circle2.j2' %}",
        "circle2.j2": "{% include 'circle.j2' %}",
        "extends.j2": "{% extends 'extends.j2' %}",
        "large.j2": "x" * 100_000_000,
        "chain1500.j2": "end",
        "double40.j2": "end",
    }
    files |= {f"chain{n}.j2": f"{{% include 'chain{n + 1}.j2' %}}" for n in range(1500)}
    files |= {f"double{n}.j2": f"{{% include 'double{n + 1}.j2' %}}" * 2 for n in range(40)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "binary.j2").write_bytes(b"\xff\xfe\x00x")
    (above / "secret.j2").write_text("secret", encoding="utf-8")
    (folder / "link.j2").symlink_to(above / "secret.j2")
    return folder


def attacked(folder: Path, kind: str, texts: dict[str, str]) -> dict[str, Any]:
    """Return what a process of its own says of some attacks."""
    file = folder / "attacks.json"
    file.write_text(json.dumps([(name, kind, text) for name, text in texts.items()]))
    script = HERE.parent / "support" / "attack.py"
    secret = environment(OPENAI_API_KEY="secret")
    done = subprocess.run(
        [sys.executable, script, folder, file], capture_output=True, check=False, env=secret
    )
    assert (done.returncode, done.stderr) == (0, b"")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["template", "expression"])
def test_each_attack_is_contained_and_told(kind: str, folder: Path) -> None:
    found = attacked(folder, kind, attacks(kind))
    text = "".join(f"{name}: {words}\n" for name, words in found["words"].items())
    text = text.replace("\0", "\\0")
    expected = HERE / f"{kind}s.txt"
    if "SOFRITO_REWRITE_CASES" in os.environ:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert "secret" not in text.replace("secret.j2", "")
    assert found["kilobytes"] < MEGABYTES * 1024


def test_there_are_attacks_enough() -> None:
    assert len(attacks("template")) + len(attacks("expression")) >= 60
