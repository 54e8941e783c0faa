"""Lets a model criticise a text by a principle and revise it, round by round."""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sofrito.prompts import Render
from sofrito.recipe.base import Key, Load, Need
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.field_types import NAME, Columns
from sofrito.recipe.principles import Principle, principle_values
from sofrito.recipe.value_types import Values
from sofrito.steps.asking import Asking
from sofrito.steps.base import Bench, Step, name_given
from sofrito.steps.parse import Parser
from sofrito.steps.sampling import Sampling
from sofrito.steps.work import Candidate, Lost, Map, Operation, Request, Row, Work, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.sampling import most_written

CRITIQUE, DRAFT, PRINCIPLE = "critique", "draft", "principle"
FIELDS = ("version", "original", "principles", CRITIQUE)


@dataclass(frozen=True)
class _Version:
    """A text, the principles by which it came to be, and the last critique."""

    text: Any
    principles: tuple[str, ...] = ()
    critique: str | None = None


class Revise(Step):
    """Improves a column by critique and revision (Constitutional AI).

    In each round a principle is drawn, the text is criticised by it, and then rewritten. No principle
    is drawn twice before all have been. The record `revision` has `version` (0 is the original),
    `original`, `principles` (the names of those drawn up to this version), and `critique`, the last
    one. A row is lost where one of its rounds fails. Source: Bai et al., arXiv 2212.08073; shipped
    principles are in other words.
    """

    verb: ClassVar[str] = "revise"
    example: ClassVar[Mapping[str, Any]] = {
        "revise": "answer",
        "given": "question",
        "principles": "conduct",
        "rounds": 2,
    }

    revise: Annotated[str, Field(pattern=NAME)]
    """The column that is revised."""

    principles: Annotated[str, Field(min_length=1)]
    """A file of principles, ending in .yaml, or the name of one in `prompts/principles` or of a \
shared one: a list of `{name, text}`, or of `{name, critique, revision}`."""

    given: Columns = ()
    """Columns that the shipped templates show beside, such as the instruction; one called `draft` or \
`critique` between `<given-draft>` or `<given-critique>`."""

    critique: str = "revising/critique.j2"
    """The prompt for the critique: a template file ending in .j2, or the template itself. Beside the \
columns it sees `principle`, with the fields of its file, `draft`, the text as it is in this round, \
and `given`."""

    revision: str = "revising/revision.j2"
    """The prompt for the new version; it sees `critique` as well."""

    rounds: Annotated[int, Field(ge=1)] = 1
    """How often a text is revised."""

    versions: Literal["last", "all"] = "last"
    """What becomes of the versions: the last one takes the text's place, or each becomes a row of its \
own, the original too."""

    truncated: Literal["reject", "keep"] = "reject"
    """What becomes of a critique or a revision that was cut off at `max_tokens`: the row is lost, or \
it is taken as it is."""

    model: str = ""
    """Which of the recipe's models is asked."""

    sampling: Sampling = Sampling()
    """How it samples."""

    as_: Annotated[str, Field(pattern=NAME)] = Field(default="revision", alias="as")
    """What the record is called."""

    def numbered(self) -> frozenset[str]:
        """The versions' numbers."""
        return frozenset({f"{self.as_}.version"})

    def makes(self) -> tuple[str, ...]:
        """The record."""
        return (self.as_,)

    def records(self) -> Mapping[str, frozenset[str]]:
        """What happened to the text."""
        return {self.as_: frozenset(FIELDS)}

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """The versions' numbers."""
        least = 0 if self.fans_out() else self.rounds
        return {f"{self.as_}.version": (least, self.rounds)}

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """What was a text is another one."""
        was = known.get(self.revise)
        texts = (self.revise, f"{self.as_}.original")
        return dict.fromkeys(texts, Values("text")) if was and was.type == "text" else {}

    def rewrites(self) -> tuple[str, ...]:
        """The text."""
        return (self.revise,)

    def uses(self) -> tuple[str, ...]:
        """The text, and what is shown beside."""
        return (self.revise, *self.given)

    def library_files(self) -> dict[Key, tuple[str, str]]:
        """The principles."""
        return {("principles",): ("principles", self.principles)}

    def templates(self) -> dict[Key, str]:
        """Both prompts."""
        return {("critique",): self.critique, ("revision",): self.revision}

    def extra_names(self) -> frozenset[str]:
        """What both prompts see."""
        return frozenset({PRINCIPLE, DRAFT, *(("given",) if self.given else ())})

    def names_at(self, key: Key) -> frozenset[str]:
        """The revision sees the critique."""
        more = {CRITIQUE} if key == ("revision",) else set()
        return self.extra_names() | more

    def shows(self, columns: Mapping[str, Values]) -> Mapping[str, Values]:
        """A principle has texts, and what is shown beside is by column."""
        given = Values("record", fields={one: columns.get(one) for one in self.given}, whole=True)
        return {PRINCIPLE: principle_values(), "given": given}

    def unset_names(self, known: Collection[str]) -> Mapping[str, str]:
        """What is shown beside, where the step names no columns for it."""
        return {} if self.given else {"given": name_given(known, self.object)}

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def needs(self) -> tuple[Need, ...]:
        """A model that writes."""
        return ("complete", "biased texts") if self.sampling.biased_texts else ("complete",)

    def longest_answer(self) -> int | None:
        """What `max_tokens` says."""
        return self.sampling.max_tokens

    def load(self) -> Load:
        """Two calls a round; answers are guessed to be half as long as allowed."""
        calls, longest = 2 * self.rounds, most_written(self.sampling.chosen())
        rows = 1 + self.rounds if self.fans_out() else 1
        return Load(calls, calls, (rows, rows), longest // 2, longest)

    def fans_out(self) -> bool:
        """Whether each version becomes a row."""
        return self.versions == "all"

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""
        assert bench.library is not None
        found = bench.library.find("principles", self.principles, ".yaml")
        assert found is not None, "the checks have found it"
        principles = bench.library.principles(found)

        def run(row: Row, _: Candidate) -> Work:
            return self._run(row, bench, principles)

        return [Map(bench.index, run, self.guard(), nulls=self.makes())]

    def _run(self, row: Row, bench: Bench, principles: Sequence[Principle]) -> Work:
        versions = [_Version(row.values.get(self.revise))]
        if versions[0].text is None:
            return [Lost(row, "rejected", "nothing to revise")]
        told = row
        for principle in _drawn(principles, self.rounds, mix(row.key, bench.label)):
            last = versions[-1]
            seen = self._seen(row, last.text, principle)
            writing = _Writing(self, bench, len(versions))
            critique = yield from writing.work(told, CRITIQUE, self.critique, seen)
            if critique.lost:
                return [critique.lost]
            seen |= {CRITIQUE: critique.text}
            revision = yield from writing.work(critique.row, "revision", self.revision, seen)
            if revision.lost:
                return [revision.lost]
            told = revision.row
            names = (*last.principles, principle.name)
            versions.append(_Version(revision.text, names, critique.text))
        values = [self._values(at, version, versions[0]) for at, version in enumerate(versions)]
        events = told.story[len(row.story) :]
        if self.fans_out():
            return [*row.children(bench.label, values, *events)]
        return [row.having(values[-1], *events)]

    def _seen(self, row: Row, text: Any, principle: Principle) -> dict[str, Any]:
        """Return what the templates see of a round."""
        return {
            **row.values,
            self.revise: text,
            DRAFT: text,
            "given": {name: row.values.get(name) for name in self.given},
            PRINCIPLE: principle.model_dump(mode="json"),
        }

    def _values(self, at: int, version: _Version, first: _Version) -> dict[str, Any]:
        record = (at, first.text, list(version.principles), version.critique)
        return {self.revise: version.text, self.as_: dict(zip(FIELDS, record, strict=True))}


@dataclass(frozen=True)
class _Written:
    """What a model wrote, and the row with what happened to it; or why it wrote nothing."""

    row: Row
    text: str = ""
    lost: Lost | None = None


@dataclass(frozen=True)
class _Writing:
    """How the model is asked in one round."""

    step: Revise
    bench: Bench
    round: int

    def work(
        self, row: Row, part: str, template: str, seen: Mapping[str, Any]
    ) -> Generator[list[Request], list[Any], _Written]:
        """Ask for the critique or the revision."""
        (prompt,) = yield [Render(template, seen)]
        if isinstance(prompt, ExpressionError):
            return _Written(row, lost=Lost(row, "failed", "template", prompt.words))
        sampling, label = self.step.sampling, self.bench.label
        messages = (Message("user", prompt.strip()),)
        question = Completion(self.bench.model, messages, sampling.chosen())
        asking = Asking(
            label, (part,), stochastic=sampling.stochastic, truncated=self.step.truncated
        )
        # The row is asked twice a round, each time with seeds of its own.
        asked = replace(row, key=mix(row.key, label, self.round, part))
        (one,) = yield from asking.work(asked, question, Parser("text", (part,)))
        told = one.row if isinstance(one, Lost) else one
        after = row.told(*told.story[len(row.story) :])
        if not isinstance(one, Lost):
            return _Written(after, one.values[part])
        if one.reason == "unparseable":  # of a text: there is none
            return _Written(after, lost=Lost(after, "rejected", f"empty {part}"))
        return _Written(after, lost=replace(one, row=after))


def _drawn(principles: Sequence[Principle], rounds: int, seed: int) -> Iterator[Principle]:
    """Yield the principle of each round: all of them in an order by chance, then in another one."""
    for number in range(rounds):
        cycle, at = divmod(number, len(principles))
        yield sorted(principles, key=lambda one: mix(seed, cycle, one.name))[at]
