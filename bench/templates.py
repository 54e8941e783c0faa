"""Rendered prompts: what the process of their own and the bounds cost.

Prints, in one run over the same rows and templates: milliseconds a prompt in the process that
renders (in batches of 32, as a run sends them), in this process within the same bounds, and by bare
Jinja, which has none; and the ratios. Each is the best of several rounds.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment

from sofrito.prompts import Render, Templates
from sofrito.prompts.process import PROCESS
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.sources import TemplateSources

FILE = "prompts/ask.j2"
TEMPLATE = """You write questions for an exam in {{ topic }}, for {{ audience | lower }}.
{% if style == 'playful' %}
Be playful.
{% else %}
Be plain, and use no more than {{ words }} words.
{% endif %}

Here are examples of what is wanted:
{% for shot in shots %}
{{ loop.index }}. {{ shot.question | trim }}
   Answer: {{ shot.answer }}
{% endfor %}

Write one more about "{{ title }}", as hard as the others, and answer it in one sentence.
"""


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "topic": f"topic {n % 7}",
            "audience": "Beginners",
            "style": ("plain", "playful")[n % 2],
            "words": 40 + n % 9,
            "title": f"Chapter {n}",
            "document": f"What row {n} was made from. " * 20,
            "shots": [
                {
                    "question": f"  What is the meaning of example {n + i}, in plain words? ",
                    "answer": f"It means {n + i} in all that it does.",
                }
                for i in range(4)
            ],
        }
        for n in range(count)
    ]


def best(rounds: int, work: Callable[[], list[str]]) -> tuple[float, list[str]]:
    """Return the fewest seconds of several rounds, and the texts."""
    seconds, texts = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        texts = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), texts


def processor(work: Callable[[], list[str]]) -> float:
    """Return the seconds of both processors' time, the start of the other process included."""
    spent = []
    for doing in (list, work):
        doing()
        PROCESS.close()  # what it took is known once it is gone
        several = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        spent.append(sum(usage.ru_utime + usage.ru_stime for usage in several))
    return spent[1] - spent[0]


def rendered(templates: Templates, requests: list[Render], batch: int) -> list[str]:
    texts = [
        text
        for start in range(0, len(requests), batch)
        for text in templates.render(requests[start : start + batch])
    ]
    assert not any(isinstance(text, ExpressionError) for text in texts)
    return texts  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prompts").mkdir()
        (folder / FILE).write_text(TEMPLATE, encoding="utf-8")
        sources = TemplateSources(folder, shared=folder)
        values = rows(options.prompts)
        requests = [Render(FILE, one) for one in values]
        start = time.perf_counter()
        apart, here = Templates(sources), Templates(sources, process=None)
        rendered(apart, requests[:1], 1)
        first = time.perf_counter() - start
        rendered(here, requests[:1], 1)
        bare = Environment(trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE)
        ways = {
            "in a process of its own": lambda: rendered(apart, requests, options.batch),
            "in this process": lambda: rendered(here, requests, options.batch),
            "bare Jinja, no bounds": lambda: [bare.render(one) for one in values],
        }
        found = {way: best(options.rounds, work) for way, work in ways.items()}
        both = processor(lambda: rendered(apart, requests, options.batch))
        lone, _ = best(1, lambda: rendered(apart, requests[:1000], 1))
    PROCESS.close()
    texts = [texts for _, texts in found.values()]
    assert texts[0] == texts[1] == texts[2]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    size = sum(map(len, texts[0])) / len(texts[0])
    print(f"{options.prompts:,} prompts of {size:.0f} characters, load {load:.1f}")
    reference = found["in this process"][0]
    for way, (seconds, _) in found.items():
        each = 1000 * seconds / options.prompts
        print(f"{way:<26}{each:>8.4f} ms a prompt{seconds / reference:>7.2f} x in this process")
    print(f"{'both processes':<26}{1000 * both / options.prompts:>8.4f} ms of processor time")
    print(f"{'one prompt at a time':<26}{lone:>8.4f} ms a prompt")
    print(f"{'the first one':<26}{1000 * first:>8.1f} ms, the start of the process included")


if __name__ == "__main__":
    main()
