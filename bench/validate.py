"""Prints how long `sofrito validate` takes, beside DataDesigner's `validate` and sdg_hub's loading of a flow.

The claim: start-up included, a common recipe is checked in twice the time that its libraries take to
be there (click, Jinja, ruamel.yaml, pydantic with one model of a field), one of 3,000 lines in five
times that, and both before either peer is done with two columns. Whole processes are measured, in
turns, the fastest of each counts. The peers are installed, the first time, into virtual environments
of their own below .venv/bench; one that cannot be installed is left out. Each checks a configuration
of its own with two columns, which is less than ours do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".venv" / "bench"
LINES = 3_000

HEAD = """\
recipe: long
seeds:
  tasks: {rows: [{instruction: Name a fruit.}, {instruction: Say hello.}]}
rows: 100
steps:
  - generate: column_0
    prompt: Write a line about tea.
"""
BLOCK = """\
  - generate: column_{this}
    shots:
      - draw: 2
        from: tasks
    prompt: |
      {{% for shot in shots %}}{{{{ shot.instruction }}}}
      {{% endfor %}}
      Go on from {{{{ column_{last} | trim }}}} and from {{{{ column_0 }}}}.
    sampling:
      temperature: 0.7
      top_p: 0.9
      max_tokens: 200
    keep: column_{this} | length > 2
  - filter: column_{this}
    by:
      - length:
          words: [2, 200]
      - words:
          never: [image, graph]
"""
DENSE = """\
  - generate: column_{this}
    prompt: |
      You write of tea, for those who know little of it.
      {{% if column_{last} %}}Go on from here: {{{{ column_{last} | trim }}}}{{% else %}}Begin.{{% endif %}}
      {{% for line in column_{last}.splitlines() %}}
      {{{{ loop.index }}}}. {{{{ line | upper }}}}, and not {{{{ column_0 | lower }}}}
      {{% endfor %}}
      It began with {{{{ column_0 | truncate(40) }}}}; do not repeat {{{{ column_{last} | length }}}} words.
    keep: column_{this} | length > 2 and not column_{this} == column_{last}
  - filter: column_{this}
    by: [{{length: {{words: [2, 200]}}}}]
"""
TAIL = "output:\n  write: [{text: column_0}]\n"

DESIGNER = """\
data_designer:
  model_configs:
    - alias: teacher
      model: some-model
      provider: nvidia
  columns:
    - name: topic
      column_type: sampler
      sampler_type: category
      params: {values: [tea, rain]}
    - name: text
      column_type: llm-text
      model_alias: teacher
      prompt: "Write about {{ topic }}."
"""
FLOW = """\
metadata:
  name: Text about a topic
  version: 1.0.0
  author: bench
  description: One call a row
blocks:
  - block_type: PromptBuilderBlock
    block_config:
      block_name: build
      input_cols: [topic]
      output_cols: messages
      prompt_config_path: prompt.yaml
  - block_type: LLMChatBlock
    block_config:
      block_name: ask
      input_cols: messages
      output_cols: answer
      async_mode: true
"""
PROMPT = '- role: user\n  content: "Write about {{ topic }}."\n'
LIBRARIES = """\
import click, jinja2.sandbox, ruamel.yaml
from pydantic import BaseModel
class One(BaseModel):
    field: int
One(field=1)
"""
LOAD = "import sys; from sdg_hub import Flow; Flow.from_yaml(sys.argv[1])"


def long_recipe(lines: int, block: str = BLOCK) -> str:
    """Return a valid recipe of so many lines, nearly all of them steps of one form."""
    text, column = HEAD, 0
    left = lines - (HEAD + TAIL).count("\n")
    while left >= block.count("\n"):
        column += 1
        text += block.format(this=column, last=column - 1)
        left -= block.count("\n")
    return text + "# the end\n" * left + TAIL


def installed(package: str, cache: Path) -> Path | None:
    """Return the folder of commands of an environment that has a package, made if need be."""
    folder = cache / package
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    stamp = folder / ".installed"
    if not stamp.exists():
        print(f"Installing {package} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [commands / "python", "-m", "pip", "install", "-q", package]
        if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode:
            print(f"{package} cannot be installed here: it is left out.", file=sys.stderr)
            return None
        stamp.touch()
    return commands


def contestants(folder: Path, cache: Path) -> dict[str, list[str | Path]]:
    """Return the command lines to measure, by what they are called."""
    (folder / "long.yaml").write_text(long_recipe(LINES), encoding="utf-8")
    (folder / "dense.yaml").write_text(long_recipe(LINES, DENSE), encoding="utf-8")
    (folder / "designer.yaml").write_text(DESIGNER, encoding="utf-8")
    (folder / "flow.yaml").write_text(FLOW, encoding="utf-8")
    (folder / "prompt.yaml").write_text(PROMPT, encoding="utf-8")
    ours = Path(sys.executable).parent / "sofrito"
    found: dict[str, list[str | Path]] = {
        "sofrito, self-instruct": [ours, "validate", "self-instruct"],
        f"sofrito, {LINES:,} lines": [ours, "validate", folder / "long.yaml"],
        f"sofrito, {LINES:,} full ones": [ours, "validate", folder / "dense.yaml"],
        "its libraries alone": [sys.executable, "-c", LIBRARIES],
    }
    if designer := installed("data-designer", cache):
        line = [designer / "data-designer", "validate", folder / "designer.yaml"]
        found["DataDesigner, 2 columns"] = line
    if hub := installed("sdg-hub", cache):
        found["sdg_hub, 2 blocks"] = [hub / "python", "-c", LOAD, folder / "flow.yaml"]
    return found


def seconds(command: Sequence[str | Path], folder: Path) -> float:
    """Return how long a process takes; it must succeed."""
    start = time.perf_counter()
    # One peer writes its settings there; the other would fetch prices first.
    home = {**os.environ, "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    home.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    done = subprocess.run(
        command, cwd=folder, env=home, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=7, help="turns, the fastest of which counts")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the peers are installed")
    args = parser.parse_args()
    turns: int = args.turns
    with tempfile.TemporaryDirectory() as name:
        commands = contestants(Path(name), args.cache)
        best = dict.fromkeys(commands, float("inf"))
        for _ in range(turns):
            for who, command in commands.items():
                best[who] = min(best[who], seconds(command, Path(name)))
    common = next(iter(best.values()))
    print(f"whole processes, fastest of {turns} turns")
    for who, took in best.items():
        print(f"  {who:<26} {took:6.2f} s  {took / common:6.1f}")


if __name__ == "__main__":
    main()
