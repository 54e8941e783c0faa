import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from sofrito.shipped import shipped_recipes

ROOT = Path(__file__).parents[1]
DATA = ["recipes", "prompts", "schemas", "recipe_gallery"]
PIP = ["-m", "pip", "--disable-pip-version-check", "-q"]
LIST_RECIPES = """
import sofrito.shipped as s
print(s.__file__)
print(*s.shipped_recipes())
"""

pytestmark = pytest.mark.slow


def run(
    *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> list[str]:
    """Return the lines printed by ``command``; what it says on failure is the failure's text."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | dict(env or {})
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def build(source: Path, target: Path) -> Path:
    run(sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", target, source)
    (wheel,) = target.glob("sofrito-*.whl")
    return wheel


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/RECORD")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_carries_the_code_and_every_data_file(wheel: Path) -> None:
    hidden = {"__pycache__", "runs"}

    def files(folder: Path) -> set[str]:
        found = (f for f in folder.rglob("*") if f.is_file() and not hidden & set(f.parts))
        return {f.relative_to(folder).as_posix() for f in found}

    expected = {f"sofrito/{name}" for name in files(ROOT / "engine" / "sofrito")}
    for folder in DATA:
        assert files(ROOT / folder), f"{folder}/ holds no file, so version control will drop it"
        expected |= {f"sofrito/_shipped/{folder}/{name}" for name in files(ROOT / folder)}
    inside = names_in(wheel)
    assert {name for name in inside if name.startswith("sofrito/")} == expected
    assert "sofrito/py.typed" in inside
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in inside)


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    assert names_in(build(sdist, tmp_path)) == names_in(wheel)


def test_an_installed_wheel_finds_its_recipes(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, *PIP, "install", "--no-deps", "--no-index", "--target", tmp_path, wheel)
    python = (sys.executable, "-c", LIST_RECIPES)
    file, recipes = run(*python, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert Path(file) == tmp_path / "sofrito" / "shipped.py"
    assert recipes.split() == list(shipped_recipes())


def test_an_editable_install_finds_the_recipes_of_the_checkout(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    # pip and the build backend are borrowed for the install only; what is asked next stands alone.
    lent = {"PYTHONPATH": sysconfig.get_path("purelib")}
    install = ("install", "--no-deps", "--no-build-isolation", "--ignore-installed", "-e", ROOT)
    run(python, *PIP, *install, env=lent, cwd=tmp_path)
    file, recipes = run(python, "-c", LIST_RECIPES, cwd=tmp_path)
    assert Path(file) == ROOT / "engine" / "sofrito" / "shipped.py"
    assert recipes.split() == list(shipped_recipes())


def test_the_base_install_stays_light() -> None:
    """A recipe is validated, and a remote teacher asked, without compiling or fetching these."""
    heavy = {"llama-cpp-python", "torch", "transformers", "numpy", "pyarrow"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {re.split(r"[^a-z0-9._-]", line.lower())[0] for line in project["dependencies"]}
    assert "pydantic" in base
    assert base & heavy == set()
