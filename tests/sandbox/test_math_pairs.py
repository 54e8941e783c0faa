"""Whether everyday answers are read as they are meant: never equal by a part of them."""

import pytest

from sofrito.sandbox.math_worker import compared

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

EQUAL = [
    ("7/2", "3 1/2"),
    ("3 1/2", "3.5"),
    ("9/4", "2 1/4"),
    ("-9/4", "-2 1/4"),
    ("1.5", "1 1/2 hours"),
    ("7/2", "3½"),
    ("7/2", "3\u00a0½"),
    ("-10/3", "-3⅓"),
    ("7/2", "The answer is 3\\frac{1}{2}."),
    ("7/2", "$3\\tfrac12$"),
    ("3.5", "$3 1/2"),
    ("3.5", "3 and 1/2"),
    ("3.5", "2 1/4 + 1 1/4 = 3 1/2"),
    ("{7/2, 4}", "{4, 3 1/2}"),
    ("1000", "1 000"),
    ("1000.5", "1\u00a0000½"),
    ("12345.5", "12\u202f345.5"),
    ("12345.5", "12 345,5"),
    ("1000000", "1'000'000"),
    ("1000", "$1\\,000$"),
    ("1250", "€1.250,00"),
    ("9:45", "09:45"),
    ("9:45", "So she arrives at 9:45 a.m."),
    ("21:45", "9:45 pm"),
    ("9:00 pm", "9 pm"),
    ("9", "9 pm"),
    ("2", "So she starts at 2:00 pm."),
    ("10:00", "9:45 + 0:15 = 10:00"),
    ("1:2", "2:4"),
    ("1:50 000", "1:50,000"),
    ("3:4", "The ratio is 3 : 4."),
    ("{3:4, 1:2}", "{1:2, 3:4}"),
    ("3", "12:4 = 3"),
    ("3", "He left at 9:45, so it took 3 hours."),
    ("2 hours and 30 minutes", "2 h 30 min"),
    ("5 dollars and 30 cents", "$5 and 30 cents"),
    ("3 oranges and 5 apples", "5 apples and 3 oranges"),
    ("5 R 2", "5 remainder 2"),
    ("8", "So 5 apples and 3 oranges are 8 fruits."),
    ("150", "It takes 2 hours and 30 minutes. That is 150 minutes."),
    ("5, 6", "The roots are 5 and 6."),
    ("80", "about 80 km/h"),
    ("80 km/h", "80 kilometers per hour"),
    ("£16", "16 pounds"),
    ("5 dollars", "$5 per hour"),
    ("50 euros", "€50"),
    ("6", "6 in the box"),
]
DIFFERENT = [
    ("2", "3 1/2"),
    ("3 1/2", "2"),
    ("3 1/2", "1/2"),
    ("2", "3½"),
    ("0", "1 000"),
    ("1", "1 000"),
    ("45", "9:45"),
    ("9", "He comes at 9:45."),
    ("9:45 am", "9:45 pm"),
    ("9 am", "9 pm"),
    ("2:40", "1:25"),
    ("3:4", "4:3"),
    ("3/4", "3:4"),
    ("3:4", "0.75"),
    ("80 mph", "80 km/h"),
    ("80 mph", "$80$ km/h"),
    ("80 mph", "\\boxed{80\\text{ km/h}}"),
    ("5 m", "5 km"),
    ("12 cm", "12 cm²"),
    ("30°F", "30°C"),
    ("50 dollars", "€50"),
    ("$5 a day", "$5 an hour"),
    ("5 R 2", "2 R 5"),
    ("2 hours 30 minutes", "2 hours 45 minutes"),
    ("1", "$1/2"),
]
AMBIGUOUS = [
    ("9:45", "1:5"),
    ("30", "2 hours 30 minutes"),
    ("2.5", "2 hours 30 minutes"),
    ("2 hours 30 minutes", "2.5 hours"),
    ("30", "\\boxed{2 \\text{ hours } 30 \\text{ minutes}}"),
    ("30", "$2$ hours $30$ minutes"),
    ("6", "5 ft 6 in"),
    ("3", "5 apples and 3 oranges"),
    ("4", "$3 and $4"),
    ("2", "5 remainder 2"),
    ("6", "5 and 6"),
    ("6", "The roots are 5 and 6."),
    ("5", "5–6"),
    ("9:45", "9:45–10:15"),
    ("10:15", "9:45-10:15"),
    ("6:1", "5:1 or 6:1"),
    ("5.5", "3 5/2"),
    ("100", "1 00"),
]
PAIRS = [
    *((*pair, "") for pair in EQUAL),
    *((*pair, "differs") for pair in DIFFERENT),
    *((*pair, "ambiguous") for pair in AMBIGUOUS),
]


@pytest.mark.parametrize(("gold", "answer", "reason"), PAIRS)
def test_an_everyday_answer_is_read_whole(gold: str, answer: str, reason: str) -> None:
    assert compared(gold, answer)["reason"] == reason


@pytest.mark.parametrize(
    ("gold", "answer", "detail"),
    [
        ("2", "3 1/2", "3.5 is not 2"),
        ("45", "9:45", "9:45 is not 45"),
        ("2 hours 30 minutes", "2 h 45 min", "2 h 45 min is not 2 hours 30 minutes"),
        ("80 mph", "80 km/h", "the unit km/h is not mph"),
        ("9:45", "1:5", "the same ratio, and not the same time"),
        ("30", "2 hours 30 minutes", "several quantities, and one"),
    ],
)
def test_the_detail_says_it_as_it_was_written(gold: str, answer: str, detail: str) -> None:
    assert compared(gold, answer)["detail"] == detail
