import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from desk import Here, bench_of, part_of, row_of, step_of
from jsonschema import Draft202012Validator

from sofrito.filters.base import Verdict
from sofrito.filters.contamination import Contamination
from sofrito.filters.script_words import words_of
from sofrito.filters.word_runs import Runs
from sofrito.recipe.schema import FILE
from sofrito.steps.filter import operation
from sofrito.steps.work import Lost, Map, Row

A = ("a",)
SCHEMAS = Path(__file__).parents[2] / "schemas"
DUCKS = (
    "A farmer has sixteen ducks, eats three of their eggs for breakfast, bakes four into cakes for "
    "her friends and sells what is left at the market for two dollars each."
)


def judging(pool: list[Mapping[str, Any]], **said: Any) -> Callable[[str], Verdict]:
    made = part_of(Contamination, {"against": "quiz", **said})
    assert isinstance(made, Contamination)
    judge = made.comparing(A, {"quiz": pool})
    return lambda text: judge({"a": text})


def numbers(*range_: int) -> str:
    return " ".join(f"w{n}" for n in range(*range_))


def test_thirteen_words_in_a_row_are_too_many_and_twelve_are_not() -> None:
    judge = judging([{"q": numbers(26)}])
    told = judge(f"so {numbers(5, 18)} it is")
    label = "quiz 0: w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w1…"
    assert told == Verdict(False, "of a benchmark", f"a has 13 of the 26 words of {label}", 0.5)
    assert judge(f"so {numbers(5, 17)} it is") == Verdict(True, "", "", 0.0)


def test_case_and_punctuation_do_not_hide_anything() -> None:
    judge = judging([{"question": DUCKS}])
    assert not judge(DUCKS.upper().replace(",", " —").replace(" ", "\n")).kept
    assert judge(" ".join(reversed(DUCKS.split()))).kept


def test_by_a_share_more_than_that_of_one_text_must_stand_in_the_row() -> None:
    judge = judging([{"q": numbers(20)}, {"q": f"{numbers(8)} x y z"}], words=8, share=0.5)
    assert judge(numbers(10)).score == pytest.approx(8 / 11, abs=1e-4)
    assert not judge(numbers(10)).kept
    alone = judging([{"q": numbers(20)}], words=8, share=0.5)
    assert alone(numbers(10)) == Verdict(True, "", "", 0.5)
    assert alone(numbers(11)).score == 0.55
    assert not alone(numbers(11)).kept
    assert not alone(f"{numbers(8)} and {numbers(12, 20)}").kept


def test_runs_that_overlap_are_not_counted_twice() -> None:
    runs = Runs(3)
    assert [runs.add("a b c d e f"), runs.add("a b")] == [True, False]
    assert runs.most("a b c d and a b c") == (0, 4, 6)
    assert runs.most("a b d") is None


def test_a_shorter_text_is_looked_for_as_a_whole_and_one_of_seven_words_not_at_all() -> None:
    judge = judging([{"q": numbers(8)}, {"q": f"x {numbers(6)}"}])
    assert (
        judge(f"is {numbers(8)} here").detail == f"a has 8 of the 8 words of quiz 0: {numbers(8)}"
    )
    assert judge(numbers(7)).kept
    assert judge(f"x {numbers(6)}").kept


def test_the_most_like_is_named_by_its_own_number() -> None:
    pool = [{"q": "Too short."}, {"q": f"{numbers(9)} a b c"}, {"q": numbers(9)}]
    assert judging(pool)(numbers(9)).detail == f"a has 9 of the 9 words of quiz 2: {numbers(9)}"


def test_columns_are_those_named_or_all_texts() -> None:
    pool = [{"id": 7, "q": numbers(13), "a": numbers(20, 33), "tags": [numbers(40, 53)]}]
    every = judging(pool)
    found = [every(text).kept for text in (numbers(13), numbers(20, 33), numbers(40, 53))]
    assert found == [False, False, True]
    one = judging(pool, columns="q")
    assert [one(numbers(13)).kept, one(numbers(20, 33)).kept] == [False, True]


def test_one_run_in_a_very_long_text_is_enough() -> None:
    told = judging([{"book": numbers(300_000)}])(numbers(100, 113))
    assert (told.kept, told.score) == (False, 0.0)
    assert told.detail.startswith("a has 13 of the 300000 words of quiz 0: w0 w1")


def test_letters_are_words_where_there_are_no_spaces() -> None:
    assert words_of("Tee, 茶は美味しい! ชา") == ["tee", *"茶は美味しい", "ช", "า"]
    judge = judging([{"q": "日本の首都はどこですか教えてください"}])
    assert not judge("問題: 日本の首都はどこですか教えてください。").kept
    assert judge("日本の首都は東京です").kept


@pytest.mark.parametrize(
    "said", [{"words": 1}, {"share": 1}, {"share": -0.1}, {"against": []}], ids=str
)
def test_what_makes_no_sense_is_refused(said: dict[str, Any]) -> None:

    schema = json.loads((SCHEMAS / FILE).read_text(encoding="utf-8"))
    entry = {"$defs": schema["$defs"], "$ref": "#/$defs/filter.contamination"}
    assert not Draft202012Validator(entry).is_valid({"against": ["quiz"], **said})
    assert Draft202012Validator(entry).is_valid({"against": ["quiz"]})


def test_it_works_in_a_step_and_needs_no_order() -> None:
    step = step_of(filter="a", by=[{"contamination": "quiz"}])
    bench = bench_of(step, {"quiz": [{"question": DUCKS, "answer": "18"}]})
    (one,) = step.compiled(bench)
    assert isinstance(one, Map)
    (lost,) = one.run(row_of(a=f"Solve this: {DUCKS}"), Here())
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.reason) == ("rejected", "contamination: of a benchmark")
    (kept,) = one.run(row_of(a="Ducks lay eggs."), Here())
    assert isinstance(kept, Row)
    assert operation(bench, bench.filters[0], ("a",), None).step == 3


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_gsm8k_is_found_in_itself_and_hardly_in_its_training_part(shared: Path) -> None:
    """Every test question is found in a text around it; of the training ones few share a run."""
    test = lines(shared / "data" / "math" / "gsm8k_test.jsonl")
    train = lines(shared / "data" / "math" / "gsm8k_train.jsonl")
    judge = judging(test, columns="question")
    inside = [judge(f"Q. {row['question'].lower()}\nA. …").kept for row in test]
    assert inside.count(True) == 0
    assert sum(not judge(row["question"]).kept for row in train) == 4
