"""Makes the axes that a recipe has a model make: trees of topics, level by level."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import xxhash

from sofrito.plan.axes import Branch, axis_file, axis_place, axis_text, generated_axes
from sofrito.plan.fingerprint import RULES
from sofrito.plan.program import Program, segmented
from sofrito.problems import Trouble
from sofrito.prompts import Render, Templates
from sofrito.recipe.base import Load
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.run.budget import Limits
from sofrito.run.journal import Spent
from sofrito.run.likeness import likeness
from sofrito.run.minute import Rate
from sofrito.run.prices import Tariff
from sofrito.run.progress import OnProgress
from sofrito.run.session import JOURNAL, Ended, locked, run_program
from sofrito.run.sink import ROWS
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.run.totals import Totals
from sofrito.steps.parse import Parser, Unparsed
from sofrito.steps.shape import Type
from sofrito.steps.work import Candidate, Event, Lost, Map, Row, Work, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused, Teacher

ATTEMPTS = 3
"""How often the topics below one are asked for, if there are too few of them."""

LONGEST = 60
"""Characters of a topic's name."""

SAMPLING = {"temperature": 0.7, "top_p": 0.95}
PROMPT = """\
{% if above %}We are at: {{ subject }} > {{ above | join(" > ") }}
{% endif -%}
List {{ width }} entries of the level "{{ level | replace("_", " ") }}" below \
{{ above | last if above else subject }}, each a short name. No two of them mean the same.
{% if known %}
These are there already, so list others: {{ known | join("; ") }}
{% endif %}"""

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_OTHERS = "the model names no others"


@dataclass(frozen=True)
class MadeAxes:
    """Axes that were made: what the calls asked for them came to."""

    totals: Totals = field(default_factory=Totals)

    @property
    def asked(self) -> int:
        """The calls asked for them."""
        return self.totals.asked


def missing_axes(read: Read, workspace: Path) -> dict[str, Topics]:
    """Return the axes that a model must make first: those that have no file yet."""
    axes = generated_axes(read).items()
    return {name: one for name, one in axes if not axis_file(read, workspace, name).is_file()}


def load_of(topics: Topics) -> Load:
    """Return what a tree costs, if each call brings as many topics as it is asked for."""
    calls = sum(topics.width**level for level in range(len(topics.levels)))
    longest = _longest(topics)
    return Load(calls, calls * ATTEMPTS, (1, 1), longest // 2, longest)


def _longest(topics: Topics) -> int:
    # a name has up to 20 tokens where a model writes as long as it may
    return 64 + 24 * topics.width


def make_axes(
    read: Read,
    *,
    workspace: Path,
    teachers: Mapping[str, Teacher],
    limits: Limits,
    rates: Mapping[str, Rate],
    tariffs: Mapping[str, Tariff | None],
    on_progress: OnProgress,
) -> MadeAxes:
    """Make the axes that are missing and write their files; the calls are journaled and budgeted.

    Raises KeyboardInterrupt where it is interrupted, Trouble where it falls short: what was answered
    is kept.
    """
    program = _program(read, missing_axes(read, workspace))
    folder = workspace / read.recipe.recipe / "axes"
    with locked(folder), TemporaryDirectory(dir=folder) as scratch:
        ended = run_program(
            program,
            Path(scratch),
            workspace=workspace,
            teachers=teachers,
            limits=limits,
            rates=rates,
            tariffs=tariffs,
            on_progress=on_progress,
        )
        if ended.status != "complete":
            raise _short(ended, program)
        made = orjson.loads((Path(scratch) / ROWS).read_bytes())["columns"]
        for name, grown in made.items():
            why = {tuple(node): words for node, words in grown["short"]}
            text = axis_text(read, name, grown["topics"], why)
            _put(axis_file(read, workspace, name), text)
    return MadeAxes(ended.totals)


def charge(read: Read, workspace: Path, program: Program) -> Spent:
    """Let a run bear what its axes cost, if none has borne it yet, and return that.

    The session that made them may have ended before it could be charged.
    """
    if not generated_axes(read):
        return Spent()
    with closing(SqliteJournal(workspace / JOURNAL, program.fingerprint)) as journal:
        return journal.take_over(_account(read))


def _account(read: Read) -> str:
    """Return under which name the journal has what the axes of a recipe cost.

    It is that of all its generated axes, as a session may end when it has made some of them.
    """
    places = [RULES, "axes", *(axis_place(read, name).as_posix() for name in generated_axes(read))]
    return xxhash.xxh3_64_hexdigest(orjson.dumps(places))


def _short(ended: Ended, program: Program) -> BaseException:
    if ended.status == "interrupted":
        return KeyboardInterrupt()
    first = next(iter(ended.examples.items()), None)
    step = program.steps[first[0][0]] if first else "the axes"
    why = f"{first[0][1]}: {first[1]}" if first else ended.reason
    fix = "Raise the budget and run again: every answer so far is kept."
    if ended.status != "budget":
        fix = "Ask another model, with other words in `from`, or write the axis yourself: `file:`."
    return Trouble(f"{step[:1].upper()}{step[1:]} could not be made: {why}.", fix)


def _program(read: Read, axes: Mapping[str, Topics]) -> Program:
    recipe = read.recipe
    models = {name: recipe.model_for(topics.model) for name, topics in axes.items()}
    steps = tuple(f"axis {name}" for name in axes)
    trees = [
        Map(i, Tree(name, steps[i], topics, models[name]).run)
        for i, (name, topics) in enumerate(axes.items())
    ]
    return Program(
        name=recipe.recipe,
        seed=recipe.seed,
        fingerprint=_account(read),
        steps=steps,
        segments=segmented(trees),
        cells=(),
        rows=1,
        round=1,
        lag=0,
        pools={},
        templates=Templates(TemplateSources(read.folders, params=recipe.values())),
        grows=False,
        tries=1,
    )


class Tree:
    """Grows a tree of topics: at each level, those below every topic of the level before."""

    def __init__(self, axis: str, label: str, topics: Topics, model: str) -> None:
        self._axis, self._label, self._topics, self._model = axis, label, topics, model
        width, kind = topics.width, Type(max_length=LONGEST)
        column = ("topic",)
        asked = Parser("json_list", column, types={"topic": kind}, items=(width, width))
        self._schema = asked.schema
        self._parser = Parser("json_list", column)
        self._sampling = dict(sorted({**SAMPLING, "max_tokens": _longest(topics)}.items()))

    def run(self, row: Row, _: Candidate) -> Work:
        """Make the column of the axis: its topics, each with those above it, and why some are missing."""
        nodes: list[Branch] = [()]
        grown: list[Branch] = []
        short: list[tuple[Branch, str]] = []
        for level in self._topics.levels:
            row, below, lost = yield from self._level(row, level, nodes)
            for node in nodes:
                if len(below[node]) < self._topics.width:
                    why = lost.get(node)
                    short.append((node, f"{why.reason}: {why.detail}" if why else _NO_OTHERS))
            nodes = [(*node, topic) for node in nodes for topic in below[node]]
            if not nodes:
                none = Lost(row, "rejected", "no topics", f"the model names no {level}")
                return [next(iter(lost.values()), none)]
            grown += nodes
        return [row.having({self._axis: {"topics": grown, "short": short}})]

    def _level(self, row: Row, level: str, nodes: Sequence[Branch]) -> Any:
        """Return the row with what happened, the topics below each node, and what it last went without."""
        below: dict[Branch, list[str]] = {node: [] for node in nodes}
        lost: dict[Branch, Lost] = {}
        for attempt in range(ATTEMPTS):
            short = [node for node in nodes if len(below[node]) < self._topics.width]
            if not short:
                break
            texts = yield [Render(self._prompt, self._values(level, n, below[n])) for n in short]
            for text in texts:
                if isinstance(text, ExpressionError):
                    return (
                        row,
                        below,
                        {n: Lost(row, "failed", "template", text.words) for n in short},
                    )
            told = yield [
                self._question(row, text, level, node, attempt)
                for node, text in zip(short, texts, strict=True)
            ]
            row = row.told(*(Event(self._label, "call", {"key": one.key}) for one in told))
            for node, one in zip(short, told, strict=True):
                lost.pop(node, None)
                if why := self._take(row, one.answer, node, below[node]):
                    lost[node] = why
        return row, below, lost

    @property
    def _prompt(self) -> str:
        return self._topics.prompt or PROMPT

    def _values(self, level: str, node: Branch, known: Iterable[str]) -> dict[str, Any]:
        return {
            "subject": self._topics.from_,
            "level": level,
            "above": list(node),
            "width": self._topics.width,
            "known": list(known),
        }

    def _question(self, row: Row, text: str, level: str, node: Branch, attempt: int) -> Completion:
        seed = mix(row.key, self._label, level, node, attempt) & 0x7FFFFFFF
        messages = (Message("user", text.strip()),)
        return Completion(self._model, messages, self._sampling, self._schema, seed=seed)

    def _take(self, row: Row, answer: Any, node: Branch, topics: list[str]) -> Lost | None:
        """Take the topics of an answer that are new below their node, and not those above them."""
        if isinstance(answer, Refused):
            return Lost(row, "failed", answer.cause, answer.words)
        assert isinstance(answer, Answer)
        try:
            items = self._parser.parse(answer.text, cut=answer.finish == "length", drop_last=True)
        except Unparsed as error:
            return Lost(row, "rejected", "unparseable", error.why)
        seen = {likeness(topic) for topic in (*node, *topics)}
        for item in items:
            name = " ".join(_CONTROL.sub("", " ".join(str(item["topic"]).split())).split())
            like = likeness(name)
            if like and like not in seen and len(topics) < self._topics.width:
                topics.append(name)
                seen.add(like)
        return None


def _put(file: Path, text: str) -> None:
    """Write a file whole or not at all; raises Trouble."""
    partial = file.with_suffix(".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(file)
    except OSError as error:
        what = f"The axis file {file} cannot be written: {error.strerror or error}."
        raise Trouble(what, "Free some space or name another folder with --out.") from error
