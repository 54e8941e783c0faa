"""How one server is asked by the lines of a batch file, and what it answered in them."""

from dataclasses import dataclass, replace

import orjson

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion, Embed
from sofrito.teachers.remote.batch_lines import body_of, request_line
from sofrito.teachers.remote.batch_servers import PRICE_FACTOR, PRICE_FACTORS, WITHOUT
from sofrito.teachers.remote.logprobs import NoLogprobs
from sofrito.teachers.remote.profiles import RUNGS, Profile, Rung
from sofrito.teachers.remote.teacher import ELSEWHERE, OpenAITeacher
from sofrito.teachers.remote.vectors import read_vectors
from sofrito.teachers.remote.wire import Failure, endpoint, payload, permanent, read_answer
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused, Transient, unable

BatchCall = Completion | Embed
Outcome = Result | Transient | Refused | Trouble


@dataclass(frozen=True, slots=True)
class Way:
    """How a call was asked: by which rung for JSON, and in what words of the server."""

    rung: Rung
    limit: str


class Dialect(OpenAITeacher):
    """Says what an :class:`OpenAITeacher` would post, and reads what came of it, without posting.

    It learns from what is refused, for every later call. Trouble where the server is known to have
    no batch jobs that can be asked this way.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        key_name: str = "",
        revision: str = "",
    ) -> None:
        super().__init__(base_url, model, api_key=api_key, key_name=key_name, revision=revision)
        reason = WITHOUT.get(self.profile.name)
        if reason is not None:
            what = f"{self.profile.name} has no batch jobs that can be asked here: {reason}."
            raise Trouble(what, "Remove `batch: true` from the model, to ask it call by call.")
        self.price_factor = PRICE_FACTORS.get(self._connection.url("").host or "", PRICE_FACTOR)

    @property
    def profile(self) -> Profile:
        """What is known of the server by now."""
        return self._profile

    def line(self, key: bytes, call: BatchCall) -> tuple[str, bytes, Way]:
        """Return the path that answers a call, the line of a file that asks it, and its way.

        Raises Trouble for a call that this server cannot answer.
        """
        way = self.way(call)
        if isinstance(call, Embed):
            if not self.profile.texts:
                raise unable(self.profile.name, call, "Use an embedding model elsewhere.")
            url, body = "/v1/embeddings", {"model": self._model, "input": call.text}
        else:
            self._check(call)
            url = f"/v1/{endpoint(call)}"
            body = payload(self._model, call, way.rung, self.profile)
        return url, request_line(key, url, body), way

    def way(self, call: BatchCall) -> Way:
        """Return how a call is asked now."""
        schema = None if isinstance(call, Embed) else call.schema
        rung = RUNGS[0] if schema is None else self._ladder.rung(schema)
        return Way(rung, self.profile.limit)

    def read(self, call: BatchCall, way: Way, line: bytes, again: float) -> Outcome | Failure:
        """Return what a line of the results says of a call that was asked in that way.

        What a later try may mend may be asked again after ``again`` seconds.
        """
        hide = self._connection.hide
        try:
            data = body_of(orjson.loads(line), hide, again)
            if isinstance(call, Embed):
                return read_vectors(data, 1, hide)[0]
            answer = read_answer(data, call, hide)
        except NoLogprobs:
            what = f"The model `{self._model}` was asked for log-probabilities and told none."
            return Trouble(what, f"Check that it can; if not: {ELSEWHERE}")
        except (Transient, Refused, Trouble, Failure) as error:
            return error
        if isinstance(call, Completion) and call.schema is not None:
            self._ladder.answered(way.rung)
        return answer

    def learns(self, call: BatchCall, way: Way, failure: Failure) -> bool:
        """Whether a failed call is worth asking in another way, which is then the way to ask.

        A way of asking for JSON that has brought an answer is to blame only if the server says so.
        """
        if isinstance(call, Embed):
            return False
        if way.limit != "max_completion_tokens" and failure.says("max_completion_tokens"):
            self._profile = replace(self._profile, limit="max_completion_tokens")
            return True
        if call.schema is None or not self._ladder.blamed(way.rung, failure):
            return False
        self._ladder.fall(call.schema, self._ladder.below(way.rung)[0], failure)
        return True

    def permanent(self, failure: Failure) -> Refused | Trouble:
        """Return what no later try mends."""
        return permanent(failure, self._connection.where, self._model, self._key_name)

    def trouble(self, failure: Failure) -> Trouble:
        """Return what it means that the server does not take a job, or tell of it."""
        found = self.permanent(failure)
        if isinstance(found, Trouble) and failure.status not in (404, 405):
            return found
        what = (
            f"{self._connection.where} makes no batch job: HTTP {failure.status}: {failure.words}"
        )
        return Trouble(what, "Remove `batch: true` from the model, to ask it call by call.")
