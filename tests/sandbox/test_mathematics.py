"""Whether two answers are the same mathematics."""

import asyncio

import pytest

from sofrito.sandbox import Ended
from sofrito.sandbox.mathematics import Mathematics

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

PAIRS = [
    ("42", "42.", ""),
    ("42", "The answer is 42.", ""),
    ("42", "41", "differs"),
    ("18", "-18", "differs"),
    ("1,000", "1000", ""),
    ("\\frac{1}{2}", "0.5", ""),
    ("$x^2+2x+1$", "$(x+1)^2$", ""),
    ("3", "x=3", ""),
    ("{1,2}", "{2,1}", ""),
    ("(1,2)", "(2,1)", "differs"),
    ("2^{10}", "1024", ""),
    ("7", "\\boxed{7}", ""),
    ("yes", "Yes", ""),
    ("yes", "no", "differs"),
    ("7", "seven", "unreadable"),
    ("7", "10^{10^{10}}", "time"),
    ("7", "7", ""),
]


def test_answers_are_compared_as_mathematics_within_their_seconds() -> None:
    async def go() -> list[Ended]:
        mathematics = Mathematics()
        try:
            return [await mathematics.compare(gold, answer) for gold, answer, _ in PAIRS]
        finally:
            await mathematics.close()

    found = asyncio.run(go())
    assert [(g, a, one.reason) for (g, a, _), one in zip(PAIRS, found, strict=True)] == PAIRS
