"""Random recipes, virtual time, and teachers whose luck varies while their answers do not."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.filters import FILTERS
from sofrito.plan.compile import compiled
from sofrito.plan.program import Program
from sofrito.recipe.entries import Writer
from sofrito.recipe.model import Recipe
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.run.blame import Patience
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.steps import VERBS
from sofrito.steps.work import Lost, Pooled, Row
from sofrito.teachers.call import Completion
from sofrito.teachers.result import Answer
from sofrito.teachers.scripted.values import value_for
from sofrito.teachers.teacher import Teacher, Transient


class Killed(BaseException):
    """The process dies here."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0]._when)
        super()._run_once()


class Raw(Writer):
    """Stands in for an output format."""


VOCABULARY = Vocabulary(VERBS, FILTERS, {"raw": Raw})


def recipe_of(data: dict[str, Any]) -> Recipe:
    data = {"recipe": "random", "output": {"write": ["raw"]}, **data}
    return Recipe.model_validate(data, context=VOCABULARY)


def program_of(recipe: Recipe) -> Program:
    pools = {
        name: [Pooled.of(row, f"{name} {i}") for i, row in enumerate(pool.rows)]
        for name, pool in recipe.seeds.items()
    }
    axes = {name: axis.values for name, axis in recipe.axes.items()}
    source = (lambda: (row.values for row in pools[recipe.from_])) if recipe.from_ else None
    program = compiled(recipe, folder=Path(__file__).parent, pools=pools, axes=axes, source=source)
    return replace(program, tries=6)


@dataclass
class Storm(Teacher):
    """Answers as a function of the call alone; latency, failures and death come from ``luck``."""

    luck: random.Random
    latency: tuple[float, float] = (0.001, 0.2)
    fail: float = 0.0
    die_after: int | None = None
    bad: int = 7
    vocabulary: int = 12
    concurrency: int = 8
    server: str = ""
    identity: dict[str, str] = field(default_factory=lambda: {"backend": "storm"})
    asked: list[bytes] = field(default_factory=list)

    async def answer(self, call: Completion) -> Answer:
        if self.die_after is not None and len(self.asked) >= self.die_after:
            raise Killed
        key = call.key(self.identity)
        self.asked.append(key)
        low, high = self.latency
        await asyncio.sleep(low + (high - low) * self.luck.random() ** 3)
        if self.luck.random() < self.fail:
            raise Transient("overloaded", "busy")
        return Answer(self.text(key, call), "stop", 10, 5)

    def text(self, key: bytes, call: Completion) -> str:
        number = xxhash.xxh3_64_intdigest(key)
        if number % 100 < self.bad:
            return "?"
        if call.choices:
            return call.choices[number % len(call.choices)]
        if call.schema is not None:
            return value_for(call.schema, random.Random(number))
        words = random.Random(number)
        line = lambda: " ".join(f"w{words.randrange(self.vocabulary)}" for _ in range(5))  # noqa: E731
        if call.messages[-1].content.startswith("list"):
            return "\n".join(f"{i}. {line()}" for i in range(1, 1 + words.randrange(1, 6)))
        return line()

    async def close(self) -> None:
        pass


class Kept:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, Any]] = []
        self.gone: list[tuple[int, str, str, str]] = []

    def accepted(self, row: Row, cell: int) -> None:
        self.rows.append((row.id, cell, dict(row.values)))

    def lost(self, step: int, lost: Lost) -> None:
        self.gone.append((step, lost.row.id, lost.kind, lost.reason))


@dataclass
class Life:
    """One run of the engine: how it ended and everything that must not depend on luck."""

    status: str
    kept: Kept
    engine: Engine
    calls: Calls

    @property
    def accepted(self) -> int:
        return len(self.kept.rows)

    @property
    def digest(self) -> bytes:
        steps = self.engine.ledger.as_rows()[1:]
        return orjson.dumps([self.status, self.kept.rows, self.kept.gone, steps])


def live(
    program: Program,
    journal: MemoryJournal,
    teacher: Storm,
    *,
    window: int | None = None,
    make: Callable[..., Engine] = Engine,
    limits: Limits | None = None,
) -> Life:
    """Run a program in virtual time; raises Killed where the teacher says so."""

    async def go() -> Life:
        kept = Kept()
        engine = make(program, kept, window=window)
        calls = Calls(
            dict.fromkeys(["teacher"], teacher),
            journal,
            Budget(limits or Limits(), Spent()),
            wake=engine.wake,
            patience=Patience(tries=10**6, tries_at_first=10**6, most=2.0),
            chance=teacher.luck,
        )
        try:
            return Life(await engine.run(calls), kept, engine, calls)
        finally:
            await calls.close()

    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(go())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def calm(recipe: Recipe, **options: Any) -> Life:
    """Run without failures, at an even pace."""
    teacher = Storm(random.Random(0), latency=(0.05, 0.05))
    return live(program_of(recipe), MemoryJournal(), teacher, **options)


def stormy(recipe: Recipe, luck: random.Random, **options: Any) -> tuple[Life, int, MemoryJournal]:
    """Run with random pace, failures, deaths and concurrency until it ends.

    Returns the last life, how many journaled calls were asked again, and the journal.
    """
    answers: dict[bytes, bytes] = {}
    again = 0
    for life in range(20):
        journal = MemoryJournal(answers, delay=luck.choice([0.0005, 0.02, 0.5]))
        dies = life < luck.randint(0, 4) and luck.random() < 0.8
        teacher = Storm(
            random.Random(luck.random()),
            latency=luck.choice([(0.001, 0.2), (0.05, 0.05), (0.0001, 5.0)]),
            fail=luck.choice([0, 0.2, 0.3]),
            die_after=luck.randint(1, 600) if dies else None,
            concurrency=luck.choice([1, 2, 7, 32, 100]),
            server=luck.choice(["", "one that is asked how much it bears"]),
        )
        known = set(answers)
        try:
            end = live(
                program_of(recipe),
                journal,
                teacher,
                window=luck.choice([1, 3, 50, 1000]),
                **options,
            )
        except Killed:
            journal.crash()
            continue
        finally:
            again += len(known.intersection(teacher.asked))
        return end, again, journal
    raise AssertionError("never lived to the end")


def _closings() -> list[list[dict[str, Any]]]:
    """Return ways to make one row of siblings, and to go on."""
    return [
        [{"pair": "text", "by": "text|length", "margin": 1}],
        [
            {"vote": "text", "as": "most", "keep": "most.agrees or 'w7' not in text"},
            {"collect": "text", "as": "texts", "where": "'w5' in text"},
        ],
        [
            {"filter": "text", "by": [{"pattern": {"never": ["w2"]}}]},
            {"collect": ["text"], "as": "texts"},
            {"generate": "summary", "prompt": "sum up {{ texts|join(' ') }}"},
            {"explode": "texts", "into": "text"},
            {"generate": "again", "prompt": "again {{ text }} {{ summary }}"},
            {"filter": "again", "by": [{"novelty": {"rouge_l": 0.6}}]},
            {"collect": ["text", "again"], "least": 1},
        ],
    ]


def _evolution(rng: random.Random) -> dict[str, Any]:
    """Return a step that rewrites, answers, and undoes some of it, in part by asking."""
    return {
        "evolve": "text",
        "operators": {"constrain": 2, "broaden": 1},
        "rounds": rng.choice([1, 3]),
        "answer": {"reply": "answer {{ text }}"},
        "undo": [{"words": {"never": ["w3"]}}, "gain"],
        "versions": rng.choice(["last", "all"]),
    }


def _verdicts(rng: random.Random, *, siblings: bool) -> list[dict[str, Any]]:
    """Return steps that judge, alone and against each other, and that revise what is left."""
    compare = rng.choice(["together", "pairwise"]) if siblings else "alone"
    return [
        {"judge": "text", "given": "text", "rubric": "helpfulness", "keep": "verdict.score > 1.5"},
        {
            "judge": "text",
            "as": "other",
            "rubric": "dialogue",
            "compare": compare,
            "rationale": False,
        },
        {
            "revise": "text",
            "as": "mended",
            "principles": "craft",
            "rounds": rng.choice([1, 2]),
            "keep": "other.score != 3",
        },
    ]


def _long_texts(rng: random.Random) -> list[dict[str, Any]]:
    """Return a step that cuts, or one that lets two models talk, or both, or none."""
    cut = {"chunk": "text", "words": [2, 3], "overlap": rng.choice([0, 1])}
    talk = {
        "converse": "chat",
        "exchanges": [1, rng.choice([1, 3])],
        "user": {"prompt": "ask {{ text }} {{ messages|length }}"},
        "stop_when": "'w5' in messages[-1].content",
    }
    return [step for step in (cut, talk) if rng.random() < 0.15]


def random_recipe(rng: random.Random) -> Recipe:
    """Return a recipe of a random shape that the engine must treat as one dataset."""
    few = rng.choice([0, 0, 2, 4])
    first: dict[str, Any] = {"generate": "text", "prompt": "list {{ topic|default('-') }}"}
    first |= {"parse": "numbered_list"} if rng.random() < 0.7 else {"n": rng.choice([1, 3])}
    data: dict[str, Any] = {
        "seed": rng.randrange(10**6),
        "rows": rng.choice([5, 30, 80]),
        "round": rng.choice([1, 4, 16, 64]),
        "lag": rng.choice([0, 1, 2]),
        "seeds": {"pool": {"rows": [{"text": f"seed {i}"} for i in range(6)]}},
    }
    if rng.random() < 0.5:
        data["axes"] = {
            "topic": {"values": {c: rng.choice([1, 2, 5]) for c in "abcde"[: rng.randint(2, 5)]}}
        }
    if rng.random() < 0.15:
        data["from"] = "pool"
        data["seeds"]["pool"]["rows"] = [{"theme": f"theme {i % 50}"} for i in range(60)]
        if rng.random() < 0.5 and "axes" not in data:
            del data["rows"]
        few = 0
    middle: list[dict[str, Any]] = [
        {"filter": "text", "by": [{"pattern": {"never": [rng.choice(["w11", "w1 ", "w0 w"])]}}]},
        {
            "generate": "grade",
            "prompt": "grade {{ text }}",
            "parse": {"choice": ["good", "bad"]},
            "sampling": {"temperature": 0},
            "keep": "grade == 'good'",
        },
        {"generate": "response", "prompt": "answer {{ text }}", "when": "'w3' in text"},
        {"generate": "variant", "prompt": "again {{ text }}", "n": 2},
        {
            "generate": "version",
            "prompt": "again {{ text }}",
            "n": 2,
            "vary": {"temperature": [0, 1], "top_p": [0.5, 0.9]},
        },
        {"dedup": "text"},
        {"filter": "text", "by": [{"novelty": {"rouge_l": rng.choice([0.5, 0.7])}}]},
        {"filter": "text", "by": ["unique", {"first": rng.choice([2, 3])}]},
        {"set": "size", "to": "text|length"},
        {"verify": "text", "equals": "text|replace('w4', '')", "keep": "check.ok or 'w5' in text"},
    ]
    rng.shuffle(middle)
    steps = [first, *middle[: rng.randint(1, 5)]]
    if few:
        first["shots"] = [
            {"draw": few, "from": "pool", "grown": rng.random() < 0.8, "fill": rng.random() < 0.5}
        ]
        first["prompt"] += "{% for s in shots %} {{ s.text }}{% endfor %}"
        steps.insert(rng.randint(1, len(steps)), {"grow": "pool", "columns": ["text"]})
    other = random.Random(data["seed"])  # so that the shapes of the rest stay as they are
    if other.random() < 0.25:
        steps.insert(other.randint(1, len(steps)), _evolution(other))
    at = other.randint(1, len(steps))
    if other.random() < 0.15:
        opened = "parse" in first or first["n"] > 1
        steps[at:at] = _verdicts(other, siblings=opened)
    for step in _long_texts(other):
        steps.insert(other.randint(1, len(steps)), step)
    many = any(
        "n" in step or "chunk" in step or step.get("versions") == "all" for step in steps[1:]
    )
    siblings = "parse" in first or first["n"] > 1 or many
    if siblings and rng.random() < 0.5:
        steps += rng.choice(_closings())
    for i, step in enumerate(steps):
        step["name"] = f"step {i}"
    data["steps"] = steps
    return recipe_of(data)
