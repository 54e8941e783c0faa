"""A run folder becomes a dataset: whole, the same to the byte, and loadable."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from finished import CHAT, FACTS, recipe, row, run_folder, table

from sofrito.export import export
from sofrito.export.card import FOLDER
from sofrito.export.folder import placed, trouble
from sofrito.problems import Trouble


def test_rows_are_written_in_order_with_their_ids(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(n) for n in (0, 2, 10)])
    found = export(run, recipe([CHAT, {"text": "a"}]), FACTS)
    assert found.rows == {"messages": {"train": 3}, "text": {"train": 3}}
    assert found.notes == ()
    assert table(run / "dataset/messages/train.parquet") == [
        {
            "id": f"{n}.0",
            "messages": [
                {"role": "user", "content": f"Q{n}"},
                {"role": "assistant", "content": f"Ä{n}"},
            ],
        }
        for n in (0, 2, 10)
    ]
    assert table(run / "dataset/text/train.parquet")[2] == {"id": "10.0", "text": "Ä10"}


def test_beside_it_lie_where_rows_came_from_and_why_others_did_not_come(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(1)])
    export(run, recipe([CHAT]), FACTS)
    assert table(run / "provenance.parquet") == [
        {
            "id": "1.0",
            "split": "train",
            "origin": "synthetic",
            "review": False,
            "cell": '{"topic":"t1"}',
            "columns": '{"topic":"t1","q":"Q1","a":"Ä1"}',
            "story": '[{"step":"generate q+a","kind":"call","key":"ff"}]',
        }
    ]
    assert table(run / "rejected.parquet") == [
        {
            "id": "9.1",
            "step": "filter q",
            "kind": "rejected",
            "reason": "too long",
            "detail": "q has 900 words",
            "score": 900.0,
            "columns": '{"q":"é"}',
        }
    ]
    card = (run / "README.md").read_text(encoding="utf-8")
    assert "| filter q | rejected | too long | 1 |" in card


def test_the_files_are_listed_with_their_checksums(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(1)])
    found = export(run, recipe([CHAT], files=["parquet", "jsonl"]), FACTS)
    assert [file.path for file in found.files] == [
        "README.md",
        "dataset/messages/train.jsonl",
        "dataset/messages/train.parquet",
        "provenance.parquet",
        "rejected.parquet",
    ]
    for file in found.files:
        data = (run / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(1)])
    export(run, recipe(["raw"], files=["jsonl"]), FACTS)
    export(run, recipe([CHAT]), FACTS)
    assert sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()) == [
        "README.md",
        "dataset/messages/train.parquet",
        "provenance.parquet",
        "rejected.jsonl",
        "rejected.parquet",
        "rows.jsonl",
    ]


def test_equal_rows_give_equal_files(tmp_path: Path) -> None:
    entries = [CHAT, "raw"]
    output = {"splits": {"train": 0.8, "test": 0.2}, "files": ["parquet", "jsonl"]}
    one, two = (
        export(
            run_folder(tmp_path / name, [row(n, score=n / 2) for n in range(50)]),
            recipe(entries, **output),
            FACTS,
        )
        for name in ("one", "two")
    )
    assert one == two
    for file in one.files:
        assert (tmp_path / "one" / file.path).read_bytes() == (
            tmp_path / "two" / file.path
        ).read_bytes()


def test_a_row_is_in_one_split_in_every_format(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(n) for n in range(40)])
    entries = [CHAT, {"text": {"text": "a", "where": "topic != 't0'"}}]
    splits = {"train": 0.75, "test": 0.25, "group_by": "topic"}
    found = export(run, recipe(entries, splits=splits), FACTS)
    where = {line["id"]: line["split"] for line in table(run / "provenance.parquet")}
    assert found.rows["messages"] == {"train": 30, "test": 10}
    assert found.notes == ()
    for part, counts in found.rows.items():
        for split, rows in counts.items():
            ids = [line["id"] for line in table(run / f"dataset/{part}/{split}.parquet")]
            assert len(ids) == rows
            assert {where[i] for i in ids} <= {split}
    assert len({(int(i.split(".")[0]) % 4, split) for i, split in where.items()}) == 4


def test_rows_may_be_grouped_by_a_field_of_a_record(tmp_path: Path) -> None:
    rows = [row(n, topic={"field": f"f{n % 4}", "topic": f"t{n}"}) for n in range(40)]
    run = run_folder(tmp_path, [*rows, *(row(n, topic=None) for n in range(40, 44))])
    splits = {"train": 0.75, "test": 0.25, "group_by": "topic.field"}
    found = export(run, recipe([CHAT], splits=splits), FACTS)
    assert (found.rows, found.notes) == ({"messages": {"train": 33, "test": 11}}, ())
    told = [
        (int(one["id"].split(".")[0]), one["split"]) for one in table(run / "provenance.parquet")
    ]
    assert len({(n % 4, split) for n, split in told if n < 40}) == 4


def test_rows_without_a_group_are_groups_of_their_own(tmp_path: Path) -> None:
    lone = [row(n, topic=None) for n in range(40)]
    grouped = [row(n, topic="one") for n in range(40, 44)]
    run = run_folder(tmp_path, [*lone, *grouped])
    splits = {"train": 0.75, "test": 0.25, "group_by": "topic"}
    found = export(run, recipe([CHAT], splits=splits), FACTS)
    assert (found.rows, found.notes) == ({"messages": {"train": 33, "test": 11}}, ())
    told = table(run / "provenance.parquet")
    assert len({one["split"] for one in told if int(one["id"].split(".")[0]) >= 40}) == 1


def test_a_split_that_groups_keep_from_its_share_is_told(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(n, topic="one") for n in range(40)])
    splits = {"train": 0.75, "test": 0.25, "group_by": "topic"}
    found = export(run, recipe([CHAT], splits=splits), FACTS)
    assert found.rows == {"messages": {"train": 40, "test": 0}}
    assert found.notes[0] == (
        "splits: `train` has 40 rows, and its share is 30; `test` has 0 rows, and its share is 10: "
        "equal values of `topic` stay together, and the largest group has 40 of all 40 rows."
    )


def test_a_format_written_twice_gets_a_name_of_its_own(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(n) for n in range(4)])
    entries = [CHAT, "raw", {"messages": {**CHAT["messages"], "where": "topic == 't1'"}}]
    found = export(run, recipe(entries), FACTS)
    assert found.rows == {
        "messages": {"train": 4},
        "raw": {"train": 4},
        "messages-2": {"train": 1},
    }


def test_raw_rows_keep_their_columns_types_and_order(tmp_path: Path) -> None:
    rows = [
        row(0, id=7, score=1, never=None, mixed=1, says=[{"role": "user"}]),
        row(1, id=8, score=0.5, never=None, mixed="x", says=[]),
    ]
    run = run_folder(tmp_path, rows)
    found = export(run, recipe(["raw"], files=["parquet", "jsonl"]), FACTS)
    expected = [
        {
            "row_id": "0.0",
            "topic": "t0",
            "q": "Q0",
            "a": "Ä0",
            "id": 7,
            "score": 1.0,
            "never": None,
            "mixed": "1",
            "says": [{"role": "user"}],
        },
        {
            "row_id": "1.0",
            "topic": "t1",
            "q": "Q1",
            "a": "Ä1",
            "id": 8,
            "score": 0.5,
            "never": None,
            "mixed": '"x"',
            "says": [],
        },
    ]
    written = pq.read_table(run / "dataset/raw/train.parquet")
    assert written.column_names == list(expected[0])
    assert written.to_pylist() == expected
    lines = (run / "dataset/raw/train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == expected
    assert found.notes == (
        "raw: rows have a column `id`; the row's own id is `row_id`.",
        "raw: the values of `mixed` have no type in common; it is JSON text.",
    )


def test_raw_types_come_from_the_rows_it_writes(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0, x=1), row(1, x="a"), row(2, x=2)])
    export(run, recipe([{"raw": {"columns": "x", "where": "topic != 't1'"}}]), FACTS)
    assert table(run / "dataset/raw/train.parquet") == [
        {"id": "0.0", "x": 1},
        {"id": "2.0", "x": 2},
    ]


def test_rows_that_do_not_fit_are_left_out_and_said(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1, a=None), row(2), row(3, a=None)])
    entries = [CHAT, {"text": {"text": "q", "where": "a | length > 1"}}]
    found = export(run, recipe(entries), FACTS)
    assert found.rows == {"messages": {"train": 2}, "text": {"train": 2}}
    assert found.notes == (
        "messages: 2 rows left out, the first of them 1.0: `a` is null.",
        "text: 2 rows left out, the first of them 1.0: `where: a | length > 1` fails: "
        "null has no length.",
    )


def test_a_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1, a=None), row(2)])
    found = export(run, recipe([CHAT]), FACTS)
    assert found.notes == ("messages: row 1.0 left out: `a` is null.",)


def test_no_rows_are_a_dataset_too(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [])
    found = export(run, recipe([CHAT, "raw"], splits={"train": 0.9, "test": 0.1}), FACTS)
    assert found.rows == {
        "messages": {"train": 0, "test": 0},
        "raw": {"train": 0, "test": 0},
    }
    assert pq.read_schema(run / "dataset/messages/test.parquet").names == ["id", "messages"]
    assert table(run / "dataset/raw/train.parquet") == []
    told = "messages, raw: there are no rows, and `load_dataset` cannot load what has none."
    assert found.notes == (told,)
    assert "configs:" not in (run / "README.md").read_text(encoding="utf-8")


def test_a_split_without_rows_is_told(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0)])
    found = export(run, recipe([CHAT], splits={"train": 0.9, "test": 0.1}), FACTS)
    note = "messages: the split `test` has no rows; `load_dataset` skips its file."
    assert found.notes == (note,)
    found = export(run, recipe([CHAT, "raw"], splits={"train": 0.9, "test": 0.1}), FACTS)
    note = "messages, raw: the split `test` has no rows; `load_dataset` skips its files."
    assert found.notes == (note,)


@pytest.mark.parametrize("name", ["rows.jsonl", "rejected.jsonl"])
def test_a_run_without_its_rows_is_trouble(tmp_path: Path, name: str) -> None:
    run = run_folder(tmp_path, [row(0)])
    (run / name).unlink()
    with pytest.raises(Trouble) as caught:
        export(run, recipe([CHAT]), FACTS)
    assert caught.value.what == (
        f"The run folder {run} has no readable {name} (No such file or directory)."
    )
    assert not (run / "dataset").exists()


def test_a_line_that_is_cut_off_is_trouble(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1)])
    (run / "rows.jsonl").write_bytes((run / "rows.jsonl").read_bytes()[:-9])
    with pytest.raises(Trouble) as caught:
        export(run, recipe([CHAT]), FACTS)
    assert caught.value.what == (
        f"Line 2 of {run / 'rows.jsonl'} is cut off or was changed: it is not JSON."
    )
    assert sorted(path.name for path in run.iterdir()) == ["rejected.jsonl", "rows.jsonl"]


def _half_way(run: Path) -> None:
    with placed(run) as partial:
        (partial / "README.md").write_text("new")
        raise RuntimeError("half way")


def test_what_fails_half_way_leaves_the_old_dataset(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0)])
    old = export(run, recipe([CHAT]), FACTS)
    with pytest.raises(RuntimeError, match="half way"):
        _half_way(run)
    assert sorted(path.name for path in run.iterdir()) == [
        "README.md",
        "dataset",
        "provenance.parquet",
        "rejected.jsonl",
        "rejected.parquet",
        "rows.jsonl",
    ]
    for file in old.files:
        assert hashlib.sha256((run / file.path).read_bytes()).hexdigest() == file.sha256


def test_what_a_crash_left_is_cleared_away(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0)])
    (run / ".dataset.partial" / "dataset" / "alpaca").mkdir(parents=True)
    export(run, recipe([CHAT]), FACTS)
    assert not (run / ".dataset.partial").exists()
    assert [path.name for path in (run / "dataset").iterdir()] == ["messages"]


def test_a_file_in_the_way_is_trouble(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0)])
    (run / ".dataset.partial").write_text("")
    with pytest.raises(Trouble) as caught:
        export(run, recipe([CHAT]), FACTS)
    assert caught.value.what == f"The dataset cannot be written in {run}: File exists."


@pytest.mark.parametrize(
    ("number", "what", "fix"),
    [
        (28, "There is no space left for the dataset in runs/x.", "Free some space."),
        (
            30,
            "The dataset cannot be written: runs/x does not allow it (Read-only file system).",
            "Allow writing in that folder, or move it to where you may write.",
        ),
        (
            5,
            "The dataset cannot be written in runs/x: Input/output error.",
            "Check that folder and its disk.",
        ),
    ],
)
def test_a_failed_write_says_what_to_do(number: int, what: str, fix: str) -> None:
    words = {28: "No space left on device", 30: "Read-only file system", 5: "Input/output error"}
    found = trouble(OSError(number, words[number]), Path("runs/x"))
    again = " Then run again: the rows are kept, nothing is asked twice."
    assert (found.what, found.fix) == (what, fix + again)


_LIMITED = """
import pathlib, resource, sys
from sofrito.export import CardFacts, export
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import Trouble
from sofrito.recipe.model import Recipe
source = {"recipe": "demo", "rows": 1, "steps": [{"generate": "q", "prompt": "Write it."}],
          "output": {"write": [{"text": "a"}]}}
recipe = Recipe.model_validate(source, context=vocabulary())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    export(pathlib.Path(sys.argv[1]), recipe, CardFacts("f", 1, (), (), {}))
except Trouble as error:
    print(error.what)
"""


@pytest.mark.parametrize("limit", [400, 30_000], ids=["parquet", "lines"])
def test_where_files_cannot_grow_the_old_dataset_stays(tmp_path: Path, limit: int) -> None:
    """The limit of the system on file sizes stands in for a full disk."""
    pytest.importorskip("resource", reason="this system has no limits to set")
    long = [row(n, a="a" * 900) for n in range(99)] if limit > 400 else [row(0)]
    run = run_folder(tmp_path, long)
    export(run, recipe([CHAT]), FACTS)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(run), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"There is no space left for the dataset in {run}.\n"
    assert done.stderr == ""
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def _ran(code: str, home: Path, *arguments: str) -> str:
    """Run code that loads data sets, offline and with caches of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "PATH": ""},
    )
    return done.stdout


_LOAD = """
import json, sys
from datasets import load_dataset
found = {}
for name in ("messages", "raw"):
    splits = load_dataset(sys.argv[1], name)
    found[name] = {split: list(rows) for split, rows in splits.items()}
print(json.dumps(found))
"""


@pytest.mark.parametrize("files", [["parquet"], ["jsonl"]], ids=["parquet", "jsonl"])
def test_datasets_loads_it_by_the_card(tmp_path: Path, files: list[str]) -> None:
    pytest.importorskip("datasets", reason="the package `datasets` is not installed")
    rows = [row(n, score=n / 2 if n else None, never=None, tags=["x"] * n) for n in range(10)]
    run = run_folder(tmp_path / "run", rows)
    splits = {"train": 0.8, "test": 0.2, "empty": 0.000001}
    found = export(run, recipe([CHAT, "raw"], splits=splits, files=files), FACTS)
    assert found.rows["raw"] == {"train": 8, "test": 2, "empty": 0}
    loaded = json.loads(_ran(_LOAD, tmp_path / "home", str(run)))
    assert {name: list(splits) for name, splits in loaded.items()} == {
        "messages": ["train", "test"],
        "raw": ["train", "test"],
    }
    merged = [r for rows in loaded["raw"].values() for r in rows]
    assert sorted(merged, key=lambda r: int(r["id"][:-2])) == [
        {"id": line["id"], **line["columns"]} for line in rows
    ]
    assert loaded["messages"]["train"][0]["messages"][0]["role"] == "user"


def test_the_snippet_of_the_card_loads_the_rows(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="the package `datasets` is not installed")
    run = run_folder(tmp_path / "run", [row(0), row(1)])
    export(run, recipe([{"text": "a"}]), FACTS)
    card = (run / "README.md").read_text(encoding="utf-8")
    snippet = card.split("```python\n")[1].split("```")[0]
    assert FOLDER in snippet
    code = snippet.replace(FOLDER, str(run)) + "print(list(rows))"
    assert _ran(code, tmp_path / "home") == (
        "[{'id': '0.0', 'text': 'Ä0'}, {'id': '1.0', 'text': 'Ä1'}]\n"
    )
