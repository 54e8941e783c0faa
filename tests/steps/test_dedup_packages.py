"""`dedup` where a package that its method needs is not installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from runs import environment

COMMAND = """
import sys
sys.modules[sys.argv[1]] = None
from sofrito.cli import invoke
sys.exit(invoke(sys.argv[2:]))
"""
RECIPE = """
recipe: case
seeds: {{data: {{rows: [{{text: Tea is hot.}}]}}}}
from: data
steps:
  - dedup: text
    method: {method}
output: {{write: [text]}}
"""


@pytest.mark.parametrize(
    ("method", "package", "extra"),
    [("minhash", "rensa", "minhash"), ("semantic", "numpy", "embed")],
)
def test_it_is_told_before_a_run(tmp_path: Path, method: str, package: str, extra: str) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(method=method), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, package, "validate", "recipe.yaml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment(),
    )
    assert (done.returncode, done.stderr.split("\n\n")[0]) == (
        0,
        f"warning[SOF214]: This step needs `{package}`, which is not installed.\n"
        "  --> recipe.yaml:7:13\n"
        f"7 |     method: {method}\n"
        f"  |             {'^' * len(method)}\n"
        f"  = Before a run: pip install 'sofrito[{extra}]'",
    )
