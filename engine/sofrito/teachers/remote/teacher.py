"""A remote teacher: any server that speaks OpenAI's protocol."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Embed, Score, Weigh
from sofrito.teachers.posts import POSTS
from sofrito.teachers.remote.connection import Connection
from sofrito.teachers.remote.ladder import Ladder
from sofrito.teachers.remote.logprobs import (
    MALFORMED,
    Misaligned,
    NoLogprobs,
    SharedBeginning,
    scored,
    weighed,
)
from sofrito.teachers.remote.profiles import RUNGS, Profile, Rung
from sofrito.teachers.remote.vectors import Gatherer, read_vectors
from sofrito.teachers.remote.wire import (
    Failure,
    counts,
    endpoint,
    not_an_answer,
    payload,
    permanent,
    read_answer,
    spent_of,
)
from sofrito.teachers.result import Answer, Embedded, Result, Scored, Weighed
from sofrito.teachers.sampling import DEFAULTS
from sofrito.teachers.teacher import Refused, Teacher, Transient, unable

LIKELIEST = 20
"""How many first tokens are looked at for the labels of a scale: what most servers tell at most."""

ELSEWHERE = "Use an embedded model for this (`model: local`, `path:` or `hub:`)."


class OpenAITeacher(Teacher):
    """Answers calls through the endpoints behind ``base_url``; one ``answer`` is one try.

    A server may not know every way of asking: a schema is asked for by the best of its profile's
    rungs that it takes, and where it wants ``max_completion_tokens`` it gets that. Both are found by
    its answers 400, which are not tries, and remembered.
    """

    metered = False

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        key_name: str = "",
        concurrency: int = 16,
        timeout: float = 120.0,
        revision: str = "",
    ) -> None:
        """Take the settings; Trouble when ``base_url`` or the key cannot be right.

        ``revision`` tells models of one name apart.

        ``key_name`` is the environment variable that holds the key, for messages; ``timeout`` is in
        seconds from sending to the last byte.
        """
        self.concurrency = concurrency
        self._connection = Connection(base_url, api_key, key_name, timeout)
        self._profile: Profile = self._connection.profile
        self._model, self._key_name = model, key_name
        self._ladder = Ladder(self._profile)
        self._checked: Mapping[str, Any] | None = None
        self._gatherer = Gatherer(self._vectors, self._profile.texts)
        self._where = self._connection.where
        self.server = f"{self._where} {model}"
        # The host is left out, since many hosts serve one model.
        defaults = {"max_tokens": DEFAULTS["max_tokens"]}
        self.identity = {"backend": "openai", "model": model, "defaults": defaults}
        self.identity |= {"revision": revision} if revision else {}
        self.notes = self._profile.notes()

    def __repr__(self) -> str:
        return f"OpenAITeacher({self._where!r}, {self._model!r})"

    async def answer(self, call: Call) -> Result:
        """Answer one call by one try.

        Raises Transient for what a later try may mend, Refused for a question that this server
        will never answer, Trouble for what concerns every call (key, model, address, an option or
        a kind of call that this server does not take).
        """
        try:
            result = await self._answer(call)
        except Failure as e:
            raise permanent(e, self._where, self._model, self._key_name) from e
        except NoLogprobs as e:
            what = f"{self._name()} was asked for log-probabilities and told none."
            raise Trouble(what, f"Check that its model can; if not: {ELSEWHERE}") from e
        self.unmetered += result.prompt_tokens == 0
        return result

    async def close(self) -> None:
        """Close the connections; calling it twice is allowed."""
        await self._gatherer.close()
        await self._connection.close()

    async def _answer(self, call: Call) -> Result:
        match call:
            case Completion():
                self._check(call)
                return await self._complete(call)
            case Weigh():
                return await self._weigh(call)
            case Score():
                return await self._score(call)
            case Embed():
                if not self._profile.texts:
                    raise unable(self._profile.name, call, "Use an embedding model elsewhere.")
                return await self._gatherer.vector(call.text)
            case _:
                raise unable(self._profile.name, call, ELSEWHERE)

    def _check(self, call: Completion) -> None:
        if call.turn == "user":
            what = "A server cannot write the user's turn: its chat template is out of reach."
            fix = f"{ELSEWHERE} Or give the beginning of the turn as a raw prompt, in its template."
            raise Trouble(what, fix)
        if call.prompt and not self._profile.raw:
            what = f"{self._profile.name} does not go on with a raw prompt as it stands."
            raise Trouble(what, "Write the prompt for a chat, or ask another server.")
        if call.soft_labels > self._profile.logprobs:
            most = self._profile.logprobs
            told = f"at most {most} of the likeliest tokens" if most else "no log-probabilities"
            fix = f"Set `soft_labels` to at most {most}." if most else ELSEWHERE
            raise Trouble(f"{self._profile.name} tells {told}.", fix)
        if call.sampling is not self._checked:  # a step's calls share one
            self._profile.check(call.sampling)
            self._checked = call.sampling

    async def _complete(self, call: Completion) -> Answer:
        """Ask by the best way the server takes; raises the first Failure where none is taken.

        While one call finds it, others of that schema wait.
        """
        schema, posts = call.schema, POSTS.get()
        if schema is None:
            return read_answer(await self._ask(call, RUNGS[0]), call, self._connection.hide)
        turn = self._ladder.turn(schema)
        if turn.locked():
            posts.unsent()
            async with turn:
                pass
            await posts.resume()
        rung = self._ladder.rung(schema)
        try:
            return await self._by(call, rung)
        except Failure as e:
            if not self._ladder.blamed(rung, e):
                raise
            failure = e
        posts.pause()
        async with turn:
            known = self._ladder.rung(schema)
            if known == rung:
                return await self._descend(call, schema, rung, failure)
        await posts.resume()
        return await self._by(call, known)

    async def _descend(
        self, call: Completion, schema: Mapping[str, Any], rung: Rung, failure: Failure
    ) -> Answer:
        """Ask by each rung below one that failed, and keep to the first that is taken."""
        posts = POSTS.get()
        for lower in self._ladder.below(rung):
            await posts.resume()
            try:
                answer = await self._by(call, lower)
            except Failure as e:
                if not e.invalid:
                    raise
                posts.pause()
                continue
            if self._ladder.blamed(rung, failure):  # another call may have proven it meanwhile
                self._ladder.fall(schema, lower, failure)
            return answer
        raise failure

    async def _by(self, call: Completion, rung: Rung) -> Answer:
        answer = read_answer(await self._ask(call, rung), call, self._connection.hide)
        self._ladder.answered(rung)
        return answer

    async def _ask(self, call: Completion, rung: Rung) -> Any:
        """Post, and once more where the server wants another name for ``max_tokens``."""
        path, limit, sent = endpoint(call), "max_completion_tokens", self._profile
        try:
            return await self._connection.post(path, payload(self._model, call, rung, sent))
        except Failure as e:
            if sent.limit == limit or not e.says(limit):
                raise
        self._profile = replace(self._profile, limit=limit)
        posts = POSTS.get()
        posts.pause()
        await posts.resume()
        return await self._connection.post(path, payload(self._model, call, rung, self._profile))

    async def _weigh(self, call: Weigh) -> Weighed:
        """Read the labels' probabilities off the first token of an answer."""
        if not self._profile.logprobs:
            raise unable(self._profile.name, call, ELSEWHERE)
        # At temperature 1 and without cuts, a server that tells them as sampled tells the model's.
        sampling = {"temperature": 1.0, "max_tokens": 1}
        most = min(LIKELIEST, self._profile.logprobs)
        asked = Completion(call.model, call.messages, sampling, soft_labels=most)
        data = await self._ask(asked, RUNGS[0])
        try:
            return weighed(data["choices"][0], call.labels, *counts(data))
        except SharedBeginning as e:
            what = f"Several labels begin with the token `{e}`, and a server tells only the first."
            fix = f"Name the labels so that their first letters differ, such as A and B. Or: {ELSEWHERE}"
            raise Trouble(what, fix) from e
        except MALFORMED as e:
            raise not_an_answer(data, "one with log-probabilities", self._connection.hide) from e
        except Refused as e:
            e.spent = spent_of(data)
            raise

    async def _score(self, call: Score) -> Scored:
        """Have the text echoed with its log-probabilities and one token more."""
        if not self._profile.echo:
            raise unable(self._profile.name, call, ELSEWHERE)
        if call.messages:
            raise unable("A server", call, f"It cannot for an answer to messages. {ELSEWHERE}")
        body = {"model": self._model, "prompt": call.text, "max_tokens": 1, "temperature": 1.0}
        try:
            data = await self._connection.post("completions", body | {"echo": True, "logprobs": 1})
        except Failure as e:
            if not e.invalid:
                raise
            raise Trouble(f"{self._name()} cannot score a text: {e.words}", ELSEWHERE) from e
        try:
            score = scored(data["choices"][0], call.text, *counts(data))
        except Misaligned as e:
            what = f"{self._name()} tells wrong log-probabilities of a text: each of another token."
            raise Trouble(what, ELSEWHERE) from e
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as e:
            raise not_an_answer(
                data, "an echo with log-probabilities", self._connection.hide
            ) from e
        if score is None:
            words = "the server ended the text, which leaves its numbers unproven"
            raise Transient("bad answer", words, spent=spent_of(data))
        return score

    async def _vectors(self, texts: list[str]) -> list[Embedded]:
        body: dict[str, Any] = {"model": self._model, "input": texts}
        try:
            data = await self._connection.post("embeddings", body)
        except Failure as e:
            raise permanent(e, self._where, self._model, self._key_name) from e
        return read_vectors(data, len(texts), self._connection.hide)

    def _name(self) -> str:
        return f"The model `{self._model}` of {self._where}"
