"""One call made ready for a model: tokens, limits, how it is drawn and where it ends; needs torch."""

from dataclasses import dataclass

from sofrito.teachers.call import Completion, Score, Weigh
from sofrito.teachers.chat import ChatTemplate, no_template
from sofrito.teachers.hf.grammar import Grammar, Grammars
from sofrito.teachers.hf.load import Loaded
from sofrito.teachers.hf.prompt import closing
from sofrito.teachers.hf.words import Words
from sofrito.teachers.sampling import Sampling, options_of, stops_of
from sofrito.teachers.teacher import Unmade, too_long


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A completion made ready: at most ``limit`` tokens behind ``prompt``.

    It ends at one of the tokens ``ends`` or at one of the texts ``stops``.
    """

    prompt: tuple[int, ...]
    limit: int
    rules: Sampling
    ends: frozenset[int]
    stops: tuple[str, ...]
    grammar: Grammar | None
    soft: int


@dataclass(frozen=True, slots=True)
class ToScore:
    """A text to be scored behind ``before``, which may be empty."""

    before: tuple[int, ...]
    text: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToWeigh:
    """Labels to be weighed as whole answers to ``prompt``: each ends with one of ``ends``."""

    prompt: tuple[int, ...]
    labels: tuple[tuple[int, ...], ...]
    ends: frozenset[int]


class Clerk:
    """Makes calls ready for one model; raises Refused and Trouble for those that cannot be answered."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        name: str,
        template: str | None,
        context: int,
    ) -> None:
        self.words = Words(loaded.tokenizer)
        self._template = ChatTemplate(template, **self.words.specials) if template else None
        self._name, self._context = name, context
        self._grammars = Grammars(loaded.tokenizer, loaded.vocabulary, loaded.ends)
        after = closing(self._template) if self._template else ""
        closer = self.words.special(after.lstrip())
        self._ends = loaded.ends | ({closer} if closer is not None else set())

    def write(self, call: Completion) -> ToWrite:
        """Return a completion made ready; Refused where it and ``max_tokens`` exceed the context."""
        options = options_of(call.sampling)
        tokens, after = self._opening(call)
        limit = int(options["max_tokens"])
        self._fits(len(tokens), limit)
        _something(tokens)
        held = call.schema is not None or call.choices
        closer = self.words.special(after)
        return ToWrite(
            prompt=tuple(tokens),
            limit=limit,
            rules=Sampling.of(options, call.seed, self.words.bias(options.get("logit_bias") or {})),
            ends=self._ends | ({closer} if closer is not None else set()),
            stops=(*stops_of(options), *(() if closer is not None else after.split()[:1])),
            grammar=self._grammars.of(call.schema, call.choices) if held else None,
            soft=call.soft_labels,
        )

    def score(self, call: Score) -> list[ToScore]:
        """Return a text made ready to be scored, piece by piece where it exceeds the context.

        Every piece but the first then has half a context before it. Refused where the text is an
        answer that does not fit together with its prompt.
        """
        given = self.words.chat(self._chat(), call.messages) if call.messages else []
        text = self.words.tokens(call.text)
        if given:
            self._fits(len(given), len(text))
            return [ToScore(tuple(given), tuple(text))]
        tokens = self.words.begun(text)
        whole = len(tokens) - len(text)
        pieces, told, half = [], whole, self._context // 2
        for start in range(0, max(1, len(tokens) - half), half):
            end = min(start + self._context, len(tokens))
            pieces.append(ToScore(tuple(tokens[start:told]), tuple(tokens[told:end])))
            told = end
        return pieces

    def weigh(self, call: Weigh) -> ToWeigh:
        """Return labels made ready to be weighed; Refused where one does not fit."""
        prompt = self.words.chat(self._chat(), call.messages)
        labels = tuple(tuple(self.words.tokens(label)) for label in call.labels)
        self._fits(len(prompt), max(map(len, labels)))
        _something(prompt)
        return ToWeigh(tuple(prompt), labels, self._ends)

    def _opening(self, call: Completion) -> tuple[list[int], str]:
        """Return the prompt's tokens, and what the template puts behind what is then written."""
        if call.prompt:
            return self.words.begun(self.words.tokens(call.prompt)), ""
        if call.turn == "assistant":
            return self.words.chat(self._chat(), call.messages), ""
        parts, after = self.words.guard.users_turn(call.messages, self._chat())
        return self.words.parts(parts), after.strip()

    def _chat(self) -> ChatTemplate:
        if self._template is None:
            raise no_template(self._name)
        return self._template

    def _fits(self, prompt: int, limit: int) -> None:
        if prompt + limit > self._context:
            raise too_long(prompt, limit, self._context)


def _something(prompt: list[int] | tuple[int, ...]) -> None:
    if not prompt:
        raise Unmade("empty prompt", "there is nothing to go on with")
