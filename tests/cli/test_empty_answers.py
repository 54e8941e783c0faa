"""A server that answers with nothing is asked again, and what it never answers is no row."""

import asyncio
import subprocess
from pathlib import Path

from chat_server import Scene, completion, reply, serving
from runs import sofrito

RECIPE = """\
recipe: silent
models: {{teacher: {{backend: openai, base_url: "{url}", model: m, concurrency: 1}}}}
from: topics
seeds: {{topics: {{rows: [{{topic: tea}}]}}}}
steps:
  - {{generate: answer, prompt: "On {{{{ topic }}}}", sampling: {{max_tokens: 20}}}}
output: {{write: [{{prompt_completion: {{prompt: topic, completion: answer}}}}]}}
"""
THOUGHTS = {"reasoning_content": "The user wants tea."}


def ran(folder: Path, *scenes: Scene) -> tuple[subprocess.CompletedProcess[str], int]:
    """Run the recipe on a server that plays these scenes; return also how often it was asked."""

    async def run() -> tuple[subprocess.CompletedProcess[str], int]:
        async with serving(scenes) as server:
            (folder / "recipe.yaml").write_text(RECIPE.format(url=server.base_url))
            done = await asyncio.to_thread(sofrito, "run", "recipe.yaml", cwd=folder)
            return done, len(server.bodies)

    return asyncio.run(run())


def test_the_first_answer_that_says_something_is_taken(tmp_path: Path) -> None:
    silent = [reply(completion("")), reply(completion(None, **THOUGHTS))]
    done, asked = ran(tmp_path, *silent, reply(completion("Green.")))
    assert (done.returncode, asked) == (0, 3), done.stdout + done.stderr
    assert "  answer: Green.\n" in done.stdout
    again = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert again.returncode == 0, "all three answers are in the journal, and the server is gone"
    assert "1 row in" in again.stdout
    assert ": 0 calls, 0 tokens" in again.stdout


def test_what_is_never_answered_is_rejected(tmp_path: Path) -> None:
    done, asked = ran(tmp_path, reply(completion(None, **THOUGHTS)))
    assert (done.returncode, asked) == (1, 3), done.stdout + done.stderr
    assert "  1  generate answer: unparseable (first: nothing was answered)\n" in done.stdout
    assert "Most rows are lost in `generate answer`: 1 of 1 answers were empty" in done.stdout


def test_thoughts_that_leave_no_room_for_an_answer_name_the_limit(tmp_path: Path) -> None:
    done, asked = ran(tmp_path, reply(completion(None, "length", **THOUGHTS)))
    assert (done.returncode, asked) == (1, 1), done.stdout + done.stderr
    why = "truncated (first: cut after 3 tokens, before anything was answered)"
    assert f"  1  generate answer: {why}\n" in done.stdout
    assert "1 of 1 answers were cut off at 20 tokens. Raise its `max_tokens`" in done.stdout
