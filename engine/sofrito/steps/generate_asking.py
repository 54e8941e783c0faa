"""What a `generate` step does with a row: draw, render, ask, parse."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sofrito.prompts import Render
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.steps.asking import Asking, Way
from sofrito.steps.base import Bench
from sofrito.steps.parse import Parser
from sofrito.steps.shape_calls import Uncallable, checks, held
from sofrito.steps.shots import drawn
from sofrito.steps.vary import Varied
from sofrito.steps.weighing import weighed
from sofrito.steps.work import Candidate, Event, Lost, Row, Work
from sofrito.teachers.call import Completion, Message, Weigh

if TYPE_CHECKING:
    from sofrito.steps.generate import Generate


class Generating:
    """A `generate` step at its place in a program."""

    def __init__(self, step: "Generate", bench: Bench) -> None:
        self._step, self._bench = step, bench
        self._chosen = step.sampling.chosen()
        self._parsers = {False: step.parser(step.generate), True: step.parser(step.generate[::-1])}
        self._asking = Asking(
            bench.label,
            step.generate,
            stochastic=step.sampling.stochastic,
            n=step.n,
            attempts=step.attempts,
            truncated=step.truncated,
        )

    def run(self, row: Row, candidate: Candidate) -> Work:
        """Make the step's columns of a row, or rows of it."""
        step, label, values = self._step, self._bench.label, row.values
        try:
            backwards = bool(step.reverse) and expression(step.reverse).truth(values)
        except ExpressionError as error:
            return [Lost(row, "failed", "expression", f"{step.reverse}: {error.words}")]
        if step.shots:
            shots = drawn(step.shots, candidate, row, label, self._bench.seed)
            values = {**values, "shots": [shot.values for shot in shots]}
            row = row.told(Event(label, "shots", {"from": [shot.origin for shot in shots]}))
        ways = step.vary.drawn(step.answers, row.key, label) if step.vary else [({}, 0)]
        templates = self._templates_of([way for way, _ in ways])
        texts = (yield [Render(t, values) for t in templates]) if templates else []
        for text in texts:
            if isinstance(text, ExpressionError):
                return [Lost(row, "failed", "template", text.words)]
        rendered = dict(zip(templates, texts, strict=True))
        if step.prompt and not rendered[step.prompt].strip():
            return [Lost(row, "failed", "template", "the prompt is empty")]
        parser = self._parsers[backwards]
        schema = parser.schema
        if step.uses() and schema is not None:
            try:
                schema = held(schema, step.schema_, values)
            except Uncallable as error:
                return [Lost(row, "failed", error.reason, error.detail)]
            parser = parser.checking(checks(step.schema_, values))
        questions = [self._question(rendered, parser, schema, way) for way, _ in ways]
        question = questions[0]
        if isinstance(question, Weigh):
            return (yield from weighed(row, label, question, step.generate[0], self._meaning()))
        if not step.vary:
            return (yield from self._asking.work(row, question, parser))
        asked = [
            Way(one, [way, again], step.stochastic(way), {step.as_: way})
            for one, (way, again) in zip(questions, ways, strict=True)
            if isinstance(one, Completion)
        ]
        return (yield from self._asking.work(row, asked, parser))

    def _meaning(self) -> dict[str, Any]:
        """Return the values that the answers of a closed list stand for."""
        labels = self._step.labels
        return dict(
            zip(labels, (True, False) if self._step.kind == "boolean" else labels, strict=True)
        )

    def _sampling_of(self, way: Varied) -> dict[str, Any]:
        if not way:
            return self._chosen
        varied = {key: one for key, one in way.items() if key not in ("model", "system")}
        return dict(sorted({**self._chosen, **varied}.items()))

    def _templates_of(self, ways: Sequence[Varied]) -> list[str]:
        """Return the templates that these ways to ask need, each once."""
        systems = [way.get("system", self._step.system) for way in ways]
        return [one for one in dict.fromkeys((self._step.prompt, *systems)) if one]

    def _question(
        self,
        rendered: Mapping[str, str],
        parser: Parser,
        schema: dict[str, Any] | None,
        way: Varied,
    ) -> Completion | Weigh:
        model = way.get("model", self._bench.model)
        templates = (way.get("system", self._step.system), self._step.prompt)
        system, prompt = (rendered.get(one, "") for one in templates)
        chat = (Message("system", system.strip()), Message("user", prompt.strip()))
        messages = tuple(message for message in chat if message.content)
        if self._step.probabilities:
            return Weigh(model, messages, self._step.labels)
        return Completion(
            model,
            () if self._step.raw else messages,
            self._sampling_of(way),
            schema,
            self._step.labels,
            turn=self._step.turn,
            prompt=prompt if self._step.raw else "",
            soft_labels=self._step.soft_labels,
            shape=parser.shape,
        )
