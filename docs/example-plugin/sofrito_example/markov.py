"""A teacher that goes on with words as a text does: offline, tiny, and without any sense."""

import hashlib
import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.call import Call, Completion
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Teacher, unable

MOST = 60


def markov(name: str, model: Model, folder: Path) -> Teacher:
    """Return the teacher for a model of a recipe in ``folder``: `{backend: markov, path: some.txt}`."""
    if not model.path:
        raise Trouble(f"The model `{name}` has no text to learn from.", "Add `path: some.txt`.")
    path = folder / model.path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path} cannot be read: {error}.", "Name a text file.") from error
    return Markov(text)


class Markov(Teacher):
    """Draws each word after those that follow the last one in a text."""

    def __init__(self, text: str) -> None:
        words = text.split()
        self.concurrency = 4
        self.identity = {"text": hashlib.sha256(text.encode()).hexdigest()}
        self._starts = sorted({word for word in words if word[:1].isupper()} or {"Yes."})
        self._next: dict[str, list[str]] = defaultdict(list)
        for word, after in pairwise(words):
            self._next[word].append(after)

    async def answer(self, call: Call) -> Result:
        """Write up to the end of a sentence; the same call has the same answer, whenever it is asked."""
        if not isinstance(call, Completion) or call.schema or call.choices:
            raise unable("A Markov chain", call, "It writes free text only.")
        rng = random.Random(call.key(self.identity))
        most = call.sampling.get("max_tokens", MOST)
        words = [rng.choice(self._starts)]
        while len(words) < most and words[-1][-1] not in ".!?" and self._next[words[-1]]:
            words.append(rng.choice(self._next[words[-1]]))
        asked = sum(len(message.content.split()) for message in call.messages)
        return Answer(" ".join(words), "stop", asked, len(words))
