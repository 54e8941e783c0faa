"""The transformers teacher: a Hugging Face checkpoint in this process."""

import asyncio
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Score, Weigh
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.hf.job import Job
from sofrito.teachers.hf.worker import Setup, Worker
from sofrito.teachers.result import Result
from sofrito.teachers.sampling import DEFAULTS, context_of
from sofrito.teachers.teacher import Teacher, unable

NEEDED = ("torch", "transformers", "safetensors")

MOST_PARALLEL = 16
"""Rows written at once where the recipe does not say, memory permitting."""


class HfTeacher(Teacher):
    """Answers calls with a checkpoint's folder or a GGUF file; it is loaded at the first call.

    Calls that wait are answered together: they join and leave the batch as they come and end. With
    ``parallel`` 1 an answer depends on its call and on nothing else, to the last bit on the same
    machine with the same packages and ``threads``; with more, who else is in the batch shows in the
    last bits of the logits, and so sometimes in a word. A schema or choices are kept to by
    llguidance. The weights' rounding (float32 on a processor, as saved elsewhere) is not in the
    identity, as little as the device is.
    """

    def __init__(
        self,
        path: Path,
        *,
        context: int | None = None,
        parallel: int | None = None,
        threads: int | None = None,
        template: str | None = None,
        cache: Path | None = None,
    ) -> None:
        """Check the checkpoint and take its content hash; imports no torch.

        ``context`` is in tokens, by default the model's own but at most 8,192; ``parallel`` in
        answers written at once, by default as many as half of the free memory holds at full
        context, at most 16; ``threads`` by default the cores that are idle when the model is
        loaded. ``template`` is a chat template instead of its own; ``cache`` is where hashes are
        remembered. Raises Trouble when a package, the folder or a file is not fit to answer.
        """
        for package in NEEDED:
            if importlib.util.find_spec(package) is None:
                raise Trouble(
                    f"`backend: transformers` needs the package {package}, which is not installed.",
                    "Install it: pip install 'sofrito[hf]'",
                )
        self.info = Checkpoint.read(path)
        self.context = context_of(self.info.path, self.info.context, context)
        several = parallel or _parallel(self.info, self.context)
        # Some wait to take the place of those that end.
        self.concurrency = several if several == 1 else several + max(2, several // 4)
        spoken = template or self.info.template
        self.identity = {
            "backend": "transformers",
            "weights": self.info.weights(cache),
            "template": xxhash.xxh3_128_hexdigest(spoken.encode()) if spoken else "",
            "defaults": dict(DEFAULTS),
        }
        self._worker = Worker(Setup(self.info, spoken, self.context, several, threads or 0))

    def described(self) -> Mapping[str, Any]:
        """Return the identity, with the name and the licence that the checkpoint gives."""
        return {**self.identity, "name": self.info.name, "license": self.info.licence or ""}

    async def answer(self, call: Call) -> Result:
        """Answer one call.

        The call must fit wholly: Refused when its prompt and its ``max_tokens`` exceed the
        context, or when its schema cannot be kept to. Raises Trouble when the model does not load,
        runs out of memory or has no chat template for messages.
        """
        if not isinstance(call, Completion | Score | Weigh):
            raise unable("A model that writes", call, "Use an embedding model for this.")
        job = Job(call)
        self._worker.put(job)
        return await job.future

    async def close(self) -> None:
        """Stop what is being written and free the model; calling it twice is allowed."""
        await asyncio.to_thread(self._worker.close)


def _parallel(checkpoint: Checkpoint, context: int) -> int:
    """Return how many rows of full length half of the memory holds that the weights leave."""
    if not checkpoint.cell:
        return MOST_PARALLEL
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return MOST_PARALLEL
    rows = (free - 2 * checkpoint.size) // 2 // (checkpoint.cell * context)
    return max(1, min(MOST_PARALLEL, rows))
