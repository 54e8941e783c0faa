"""A loaded model at work: one piece of what waits at a time; needs torch."""

from dataclasses import dataclass, field

import torch

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion, Score, Weigh
from sofrito.teachers.hf.asked import Clerk, ToScore, ToWeigh
from sofrito.teachers.hf.batch import Batch
from sofrito.teachers.hf.job import Job
from sofrito.teachers.hf.load import Loaded, load
from sofrito.teachers.hf.rows import Row
from sofrito.teachers.hf.score import groups, scored, weighed
from sofrito.teachers.hf.worker import Setup
from sofrito.teachers.result import Scored
from sofrito.teachers.teacher import Refused


@dataclass(slots=True)
class Desk:
    """A model with all that it has to do; every method in one thread."""

    loaded: Loaded
    clerk: Clerk
    batch: Batch
    _scores: list[tuple[Job, list[ToScore]]] = field(default_factory=list)
    _weights: list[tuple[Job, ToWeigh]] = field(default_factory=list)

    @classmethod
    def open(cls, setup: Setup, threads: int) -> "Desk":
        """Load the model; Trouble where that fails."""
        loaded = load(setup.checkpoint, threads)
        clerk = Clerk(
            loaded,
            name=setup.checkpoint.name,
            template=setup.template,
            context=setup.context,
        )
        return cls(loaded, clerk, Batch(loaded, setup.parallel))

    @property
    def busy(self) -> bool:
        """Whether there is anything left to do."""
        return bool(self._scores or self._weights or self.batch.busy)

    def work(self, jobs: list[Job]) -> None:
        """Take in new jobs, then do one piece of each kind of work that waits."""
        with torch.inference_mode():
            for job in jobs:
                self._take(job)
            self._score()
            self._weigh()
            if self.batch.busy:
                self.batch.step()

    def clear(self) -> list[Job]:
        """Drop all work and return its jobs."""
        dropped = [job for job, _ in (*self._scores, *self._weights)]
        self._scores, self._weights = [], []
        return [*dropped, *(row.job for row in self.batch.clear())]

    def _take(self, job: Job) -> None:
        """Make a job ready; what cannot be answered fails alone."""
        try:
            match job.call:
                case Completion() as call:
                    self.batch.add(Row(job, self.clerk.write(call), self.clerk.words))
                case Score() as call:
                    self._scores.append((job, self.clerk.score(call)))
                case Weigh() as call:
                    self._weights.append((job, self.clerk.weigh(call)))
        except (Refused, Trouble) as error:
            job.settle(error)

    def _score(self) -> None:
        """Score one group of the texts that wait, or one long text."""
        self._scores = [(job, pieces) for job, pieces in self._scores if job.wanted]
        long = next((s for s in self._scores if len(s[1]) > 1), None)
        if long is not None:
            self._scores.remove(long)
            long[0].settle(_joined([scored(self.loaded, [piece])[0] for piece in long[1]]))
        elif self._scores:
            texts = [pieces[0] for _, pieces in self._scores]
            places = next(groups(texts, self.batch.most))
            results = scored(self.loaded, [texts[i] for i in places])
            for i, result in zip(places, results, strict=True):
                self._scores[i][0].settle(result)
            self._scores = [s for i, s in enumerate(self._scores) if i not in places]

    def _weigh(self) -> None:
        """Weigh the labels of the call that waits longest."""
        if self._weights:
            job, asked = self._weights[0]
            if job.wanted:
                job.settle(weighed(self.loaded, asked))
            del self._weights[0]


def _joined(pieces: list[Scored]) -> Scored:
    """Return the score of a text of whose pieces these are; all tokens read count."""
    return Scored(
        b"".join(piece.logprobs for piece in pieces), sum(p.prompt_tokens for p in pieces)
    )
