"""Prints how much longer a text takes to be cut into passages that has four times the headings.

The claim: the time of `chunk` grows as the text does. In one run, for each number of headings and for
four times as many: CPU seconds to cut the text, and the ratio of the two; a text four times as long
should take about four times as long, and sixteen would be the square.
"""

import argparse
import time

from sofrito.steps.chunk import Chunk

SECTION = """{marks} Part {i}

What part {i} is about. It says this, and then it says that.

```
look(at={i})
```

"""


def text_of(headings: int) -> str:
    """Return a text with so many headings of three levels, code and a paragraph below each."""
    return "".join(SECTION.format(marks="#" * (1 + i % 3), i=i) for i in range(headings))


def seconds(step: Chunk, text: str, rounds: int) -> tuple[float, int]:
    """Return the fewest CPU seconds of several rounds, and how many passages there are."""
    spent, passages = [], 0
    for _ in range(rounds):
        start = time.process_time()
        passages = len(step.cut(text, {}))
        spent.append(time.process_time() - start)
    return min(spent), passages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--headings", type=int, nargs="+", default=[2500, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    step = Chunk.model_validate({"chunk": "text", "words": [20, 40], "overlap": 5})
    seconds(step, text_of(100), 1)  # imports
    for headings in options.headings:
        few, _ = seconds(step, text_of(headings), options.rounds)
        many, passages = seconds(step, text_of(4 * headings), options.rounds)
        print(f"{headings:>8,} headings {few:>7.2f} s   {4 * headings:>8,} {many:>7.2f} s", end="")
        print(f"   ratio {many / few:4.1f}   ({passages:,} passages)")


if __name__ == "__main__":
    main()
