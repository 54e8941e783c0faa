"""Whether two answers are the same mathematics."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from sofrito.recipe.expression_filters import last_number
from sofrito.sandbox import Ended
from sofrito.sandbox.mathematics import Mathematics

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

STEPS = "We take 7 and add 1 once more.\n" * 900  # 27,000 characters
PAIRS = [
    ("42", f"{STEPS}The answer is 42.", ""),
    ("42", f"The answer is 42.\n{STEPS}So it is 8.", "differs"),
    ("42", f"{STEPS[:3000]}The answer is $\\boxed{{42}}$.\n{STEPS[:9000]}", ""),
    ("42", f"{STEPS.replace(chr(10), ' ')}The answer is 42.", ""),
    (f"{STEPS}The answer is 42.", "42", ""),
    (f"The answer is 42.\n{STEPS}So it is 8.", "42", "differs"),
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
    ("6", "5 or 6", "ambiguous"),
    ("6", "The answer is 6 or 5", "ambiguous"),
    ("6", "$5$ or $6$", "ambiguous"),
    ("5", "5 \\text{ or } 6", "ambiguous"),
    ("6", "5, 6, 7", "ambiguous"),
    ("6", "\\boxed{5} \\boxed{6}", "ambiguous"),
    ("6", "\\boxed{6}, so \\boxed{6}", ""),
    ("6", "It took 5 or 6 days. So it is 6.", ""),
    ("7", "6 = 7", "ambiguous"),
    ("6", "2 + 4 = 6", ""),
    ("(1,2)", "1,2", "ambiguous"),
    ("1, 2", "2, 1", ""),
    ("1 or 2", "2 or 1", ""),
    ("1 or 2", "3 or 1", "differs"),
    ("50", "50%", ""),
    ("50%", "50\\%", ""),
    ("0.5", "50%", "differs"),
    ("1e3", "1000", ""),
    ("1.5e-3", "0.0015", ""),
    ("½", "0.5", ""),
    ("2½", "2.5", ""),
    ("６", "6", ""),
    ("x²", "x^2", ""),
    ("−3", "-3", ""),
]


def compared(pairs: Sequence[tuple[str, str]]) -> list[Ended]:
    async def go() -> list[Ended]:
        mathematics = Mathematics()
        places = asyncio.Semaphore(mathematics.concurrency)

        async def one(gold: str, answer: str) -> Ended:
            async with places:
                return await mathematics.compare(gold, answer)

        try:
            return await asyncio.gather(*(one(*pair) for pair in pairs))
        finally:
            await mathematics.close()

    return asyncio.run(go())


def test_answers_are_compared_as_mathematics_within_their_seconds() -> None:
    found = compared([(gold, answer) for gold, answer, _ in PAIRS])
    assert [(g, a, one.reason) for (g, a, _), one in zip(PAIRS, found, strict=True)] == PAIRS


@pytest.mark.slow
def test_every_correctness_flag_of_gsm8k_is_reproduced(shared: Path) -> None:
    """From the whole solution, with its steps: the result is found as well as it is compared."""
    lines = (shared / "data/math/gsm8k_example_model_solutions.jsonl").read_text().splitlines()
    flagged = [
        (last_number(line["ground_truth"]), said["solution"], said["is_correct"])
        for line in map(json.loads, lines)
        for said in line.values()
        if isinstance(said, dict)
    ]
    found = compared([(gold, solution) for gold, solution, _ in flagged])
    agreed = Counter(
        (correct, not one.reason) for (*_, correct), one in zip(flagged, found, strict=True)
    )
    assert agreed == {(False, False): 3275, (True, True): 2001}
