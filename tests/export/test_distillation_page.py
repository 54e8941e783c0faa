"""What docs/distillation.md says works: its recipe runs, and its reader reads what was written."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
from runs import only_run, sofrito

from sofrito.steps.soft import LEAST

PAGE = Path(__file__).parents[2] / "docs" / "distillation.md"
TEXT = PAGE.read_text(encoding="utf-8")


def fragment(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


class Tokenizer:
    """One token a message, and one that begins the answer."""

    def apply_chat_template(self, messages: list[Any], **options: bool) -> list[int]:
        assert options == {"add_generation_prompt": True, "return_dict": False}
        return [*range(len(messages)), 99]


@pytest.mark.filterwarnings("ignore")
def test_the_page(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="datasets is not installed")
    torch = pytest.importorskip("torch", reason="torch is not installed (make trainers)")
    (tmp_path / "recipe.yaml").write_text(fragment("yaml"), encoding="utf-8")
    models = "models.teacher={backend: scripted}"
    done = sofrito("run", "recipe.yaml", "--quiet", "--set", models, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / "runs")
    code = fragment("python").replace("path/to/folder", str(run))
    page: dict[str, Any] = {}
    exec(code.replace('split="train"', f'split="train", cache_dir="{tmp_path}"'), page)
    row = page["rows"][0]
    assert row["messages"][0]["content"] == "Why is the sky blue?"
    ids, prompt = page["input_ids"](row, Tokenizer())
    assert (ids.tolist(), prompt) == ([[0, 99, *row["written"]]], 2)
    assert len(row["token_ids"]) == len(row["written"]) > 1
    assert {len(place) for place in row["token_ids"]} == {20}
    vocabulary = 1 << 16
    alike = torch.zeros(1, len(ids[0]), vocabulary)
    places = [
        [math.exp(one) * (one + math.log(vocabulary)) for one in place] for place in row["logprobs"]
    ]
    loss = page["soft_loss"](alike, prompt, row).item()
    assert loss == pytest.approx(math.fsum(map(math.fsum, places)) / len(places), rel=1e-4)
    filled = {**row, "logprobs": [[*place[:-1], LEAST] for place in row["logprobs"]]}
    left = math.fsum(one for place in places for one in place[:-1]) / len(places)
    assert page["soft_loss"](alike, prompt, filled).item() == pytest.approx(left, rel=1e-4)
    taught = alike.clone()
    for place, (tokens, logprobs) in enumerate(
        zip(row["token_ids"], row["logprobs"], strict=True), start=prompt - 1
    ):
        rest = max(1 - math.fsum(map(math.exp, logprobs)), 1e-9)
        taught[0, place] = math.log(rest / (vocabulary - 20))
        taught[0, place, tokens] = torch.tensor(logprobs)
    assert page["soft_loss"](taught, prompt, row).item() == pytest.approx(0, abs=1e-2)
