"""What docs/commands.md shows is true."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from runs import command, environment, only_run

from sofrito.plan.starter import KINDS
from sofrito.recipe.migrations import MIGRATIONS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_its_commands_run_in_their_order(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    shell = f'set -e\nsofrito() {{ {" ".join(command())} "$@"; }}\n'
    who = "-c user.name=t -c user.email=t@example.org"
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        run = next(iter((tmp_path / "runs").glob("*/*/manifest.json")), None)
        text = block.replace("runs/my-tasks/FINGERPRINT", str(run.parent) if run else "")
        done = subprocess.run(
            ["sh", "-c", shell + text], cwd=tmp_path, capture_output=True, text=True,
            env=environment(), check=False,
        )  # fmt: skip
        assert done.returncode == 0, block + done.stdout + done.stderr
        if not (tmp_path / ".git").exists():
            commit = f"git init -q && git add my-tasks && git {who} commit -qm one"
            subprocess.run(commit, shell=True, cwd=tmp_path, check=True)
    assert (only_run(tmp_path / "runs") / "recipe" / "recipe.yaml").is_file()


def test_its_tables_are_whole() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [*KINDS]
    versions = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert versions == [str(one.version) for one in MIGRATIONS]


def test_every_page_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
