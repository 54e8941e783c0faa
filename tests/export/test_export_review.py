"""The sample for an expert: drawn by the seed, filled in by hand, kept, and told in the card."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from finished import CHAT, FACTS, recipe, row, run_folder, table

from sofrito.export import export
from sofrito.export.review import Filled, filled_in, most_defective
from sofrito.problems import Trouble

ROWS = [row(n) for n in range(10)]


def reviewed(run: Path, rows: Any = None, **review: Any) -> Any:
    run_folder(run, ROWS if rows is None else rows)
    return export(run, recipe([CHAT], review={"sample": 4, "show": ["q", "a"], **review}), FACTS)


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "review.jsonl").read_text("utf-8").splitlines()]


def csv_rows(run: Path) -> list[dict[str, str]]:
    with (run / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def fill(run: Path, **verdicts: str) -> None:
    """Fill in the table as a spreadsheet program saves it: with semicolons, in Windows' letters."""
    rows = csv_rows(run)
    for one, verdict in zip(rows, verdicts.values(), strict=False):
        one["verdict"], one["note"] = verdict, f"seen: {verdict} é"
    with (run / "review.csv").open("w", encoding="cp1252", newline="") as file:
        table_ = csv.DictWriter(file, [*rows[0]], delimiter=";")
        table_.writeheader()
        table_.writerows(rows)


@pytest.mark.parametrize(
    ("n", "defects", "share"),
    [
        (59, 0, 0.0495),
        (299, 0, 0.00997),
        (10, 1, 0.3942),
        (20, 5, 0.4556),
        (3, 3, 1.0),
        (0, 0, 1.0),
        (3_000, 1, 0.0016),
        (20_000, 10_000, 0.5058),
    ],
)
def test_the_bound_is_that_of_clopper_and_pearson(n: int, defects: int, share: float) -> None:
    assert most_defective(n, defects) == pytest.approx(share, abs=5e-5)


def test_the_sample_is_written_twice_and_marked(tmp_path: Path) -> None:
    found = reviewed(tmp_path)
    ids = [one["id"] for one in table(tmp_path / "provenance.parquet") if one["review"]]
    assert len(ids) == 4
    assert lines(tmp_path) == [
        {"row": f"#{id_}", "q": f"Q{id_[0]}", "a": f"Ä{id_[0]}", "verdict": "", "note": ""}
        for id_ in ids
    ]
    assert csv_rows(tmp_path) == lines(tmp_path)
    assert not [file.path for file in found.files if "review" in file.path]
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "4 of the 10 rows that were made are drawn for an expert" in card
    assert "If all 4 are `ok`, at most 52.71% of such rows have a defect" in card
    assert "None has a verdict yet." in card


def test_real_rows_are_not_reviewed(tmp_path: Path) -> None:
    run_folder(tmp_path, ROWS[:2])
    mix = {"real": "tasks", "share": 0.5}
    output = recipe([CHAT], review={"sample": 4}, mix=mix)
    export(tmp_path, output, FACTS, real=lambda: iter([{"q": "R", "a": "R"}] * 2))
    assert [one["row"] for one in lines(tmp_path)] == ["#0.0", "#1.0"]


def test_what_was_filled_in_stays_when_it_is_written_again(tmp_path: Path) -> None:
    reviewed(tmp_path)
    before = [one["row"] for one in lines(tmp_path)]
    fill(tmp_path, a="ok", b="wrong", c=" OK ")
    reviewed(tmp_path)
    assert [(one["row"], one["verdict"], one["note"]) for one in lines(tmp_path)] == [
        (before[0], "ok", "seen: ok é"),
        (before[1], "wrong", "seen: wrong é"),
        (before[2], "OK", "seen:  OK  é"),
        (before[3], "", ""),
    ]
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "So far 3 have a verdict, and 2 of them are `ok`: at most 86.46% have a defect" in card


def test_rows_that_come_later_do_not_push_out_what_was_filled_in(tmp_path: Path) -> None:
    reviewed(tmp_path)
    fill(tmp_path, a="ok", b="ok", c="ok", d="ok")
    before = {one["row"] for one in lines(tmp_path)}
    assert reviewed(tmp_path, [row(n) for n in range(300)], sample=6).notes == ()
    after = {one["row"]: one["verdict"] for one in lines(tmp_path)}
    assert {name for name, verdict in after.items() if verdict} == before
    assert len(after) == 6


def test_what_was_said_of_rows_that_left_is_kept_and_told(tmp_path: Path) -> None:
    reviewed(tmp_path)
    fill(tmp_path, a="ok")
    gone = lines(tmp_path)[0]["row"].removeprefix("#")
    kept = (tmp_path / "review.csv").read_bytes()
    found = reviewed(tmp_path, [one for one in ROWS if one["id"] != gone])
    assert found.notes == (
        f"review: 1 row with a verdict or note, such as {gone}, left the dataset; what was filled in "
        "is kept as review.earlier-1.csv.",
    )
    assert (tmp_path / "review.earlier-1.csv").read_bytes() == kept
    assert filled_in(tmp_path) == {}


def test_either_file_may_be_filled_in(tmp_path: Path) -> None:
    (tmp_path / "review.csv").write_text("row,verdict,note\n#1.10,ok,\n#2.0,,\n", "utf-8")
    text = (
        '{"row": "#2.0", "verdict": "bad", "note": null}\nnot json\n{"row": "#1.10", "note": "x"}'
    )
    (tmp_path / "review.jsonl").write_text(text, "utf-8")
    assert filled_in(tmp_path) == {"1.10": Filled("ok", "x"), "2.0": Filled("bad", "")}


def test_no_cell_begins_as_a_formula(tmp_path: Path) -> None:
    rows = [row(0, q="=1+1", a=["-", None]), row(1, q="-x", a=None)]
    reviewed(tmp_path, rows)
    assert [(one["q"], one["a"]) for one in csv_rows(tmp_path)] == [
        ("'=1+1", '["-", null]'),
        ("'-x", ""),
    ]
    assert lines(tmp_path)[0]["q"] == "=1+1"


def test_fields_of_records_and_all_columns_can_be_shown(tmp_path: Path) -> None:
    rows = [row(0, verdict={"score": 3}, note="mine")]
    reviewed(tmp_path, rows, show="verdict.score")
    assert lines(tmp_path) == [{"row": "#0.0", "verdict.score": 3, "verdict": "", "note": ""}]
    reviewed(tmp_path, rows, show=())
    assert [*lines(tmp_path)[0]] == ["row", "topic", "q", "a", "verdict", "note"]


def test_a_table_that_cannot_be_read_is_trouble_and_left_alone(tmp_path: Path) -> None:
    reviewed(tmp_path)
    text = f"row,verdict\n#1.0,{'x' * (1 << 24)}y\n"
    (tmp_path / "review.csv").write_text(text, "utf-8")
    with pytest.raises(Trouble, match="cannot be read as a table"):
        reviewed(tmp_path)
    assert (tmp_path / "review.csv").read_text("utf-8") == text
