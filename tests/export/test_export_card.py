"""The dataset card: its head is what the hub's loader obeys, its body is for people."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from sofrito.export import CardFacts, ModelFacts, StepFacts
from sofrito.export.card import _models, card
from sofrito.export.front import front_matter
from sofrito.export.part import Part, parts_of
from sofrito.export.rows import Accepted
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.model import Recipe

FACTS = CardFacts(
    fingerprint="0123abcd",
    wanted=2000,
    models=(
        ModelFacts("teacher", {"sha256": "ab|12", "file": "a.gguf", "layers": 30}, "Apache-2.0"),
        ModelFacts("judge", {"model": "x"}),
    ),
    steps=(StepFacts("generate q", 0, 1203, 1200, 1, 2, 0, 0),),
    versions={"sofrito": "1.0", "llama-cpp-python": "0.3"},
)


def recipe(**fields: Any) -> Recipe:
    source = {
        "recipe": "demo",
        "rows": 2000,
        "steps": [{"generate": "q", "prompt": "Write a question."}],
        "output": {"write": [{"text": "q"}, {"text": {"text": "q", "where": "q"}}]},
        **fields,
    }
    return Recipe.model_validate(source, context=vocabulary())


def parts(source: Recipe, *counts: dict[str, int]) -> list[Part]:
    made = parts_of(source.output.write)
    for part, rows in zip(made, counts, strict=True):
        part.rows = rows
    return made


def head(source: Recipe, rows: int = 0, *counts: dict[str, int]) -> dict[str, Any]:
    text = front_matter(source, rows, parts(source, *(counts or ({}, {}))))
    assert text.startswith("---\n")
    assert text.endswith("\n---\n")
    found: dict[str, Any] = YAML(typ="safe").load(text[4:-4])
    return found


def test_the_head_names_the_files_of_every_split_with_rows() -> None:
    source = recipe(title='A "demo":\n no | 1', license="MIT", tags=["sft", "no", "synthetic"])
    assert head(source, 1200, {"train": 1200, "test": 0}, {"train": 0, "test": 0}) == {
        "pretty_name": 'A "demo": no | 1',
        "license": "mit",
        "tags": ["sft", "no", "synthetic", "sofrito"],
        "size_categories": ["1K<n<10K"],
        "configs": [
            {
                "config_name": "text",
                "data_files": [{"split": "train", "path": "dataset/text/train.parquet"}],
            }
        ],
    }


def test_without_parquet_the_lines_are_named() -> None:
    source = recipe(output={"write": [{"text": "q"}], "files": ["jsonl"]})
    assert head(source, 1, {"train": 1})["configs"][0]["data_files"] == [
        {"split": "train", "path": "dataset/text/train.jsonl"}
    ]


@pytest.mark.parametrize(
    ("license_", "found"),
    [
        ("", {}),
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("ODC-By-1.0", {"license": "odc-by"}),
        ("My-Own-1.0", {"license": "other", "license_name": "My-Own-1.0"}),
    ],
)
def test_the_licence_has_the_name_that_the_hub_gives_it(license_: str, found: object) -> None:
    keys = ("license", "license_name")
    assert {k: v for k, v in head(recipe(license=license_)).items() if k in keys} == found


@pytest.mark.parametrize(
    ("rows", "size"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (2_000_000, "1M<n<10M"), (10**9, "n>1B")],
)
def test_the_size_is_a_category(rows: int, size: str) -> None:
    assert head(recipe(), rows)["size_categories"] == [size]


BODY = """\
# A demo

It asks.

Synthetic data: 1,200 rows of the 2,000 that were asked for, made by the Sofrito recipe `demo` \
(fingerprint `0123abcd`, seed 0). Language models wrote it: look at rows before you rely on them. \
The recipe is under MIT; the terms of the models below hold for what they wrote.

## Load it

### text

```python
from datasets import load_dataset

# The folder of this file, or the name of its repository on the hub.
rows = load_dataset("path/to/folder", "text", split="train")
```

| split | rows |
| --- | --- |
| train | 1,200 |

| field | type |
| --- | --- |
| id | string |
| text | string |

The first row:

```json
{
  "id": "3.0",
  "text": "é```"
}
```

`provenance.parquet` tells of every row, by its `id`, which calls made it and what it passed; \
`rejected.parquet` has the rows that did not get in, each with its step and reason. Both lie \
beside `dataset/`.

## Please note

- text: a note

## How it was made

| model | identity | licence |
| --- | --- | --- |
| `teacher` | file: a.gguf; layers: 30; sha256: ab\\|12 | Apache-2.0 |
| `judge` | model: x | not known |

How many calls and tokens that took, over all sessions, is in `manifest.json`.

In every step, in + made = out + rejected + failed + joined + surplus.

| step | in | made | out | rejected | failed | joined | surplus |
| --- | --- | --- | --- | --- | --- | --- | --- |
| generate q | 0 | 1,203 | 1,200 | 1 | 2 | 0 | 0 |

## What did not get in

| step | what | why | rows |
| --- | --- | --- | --- |
| generate q | failed | not JSON | 2 |
| filter q | rejected | too long | 1 |

## Versions

| package | version |
| --- | --- |
| llama-cpp-python | 0.3 |
| sofrito | 1.0 |
"""


def test_the_body_tells_the_whole_story() -> None:
    source = recipe(
        title="A demo", description="It asks.\n", license="MIT", output={"write": [{"text": "q"}]}
    )
    (part,) = parts(source, {"train": 1200})
    part.records(Accepted("3.0", {}, {"q": "é```"}, []))
    reasons = Counter(
        {("filter q", "rejected", "too long"): 1, ("generate q", "failed", "not JSON"): 2}
    )
    text = card(source, FACTS, rows=1200, parts=[part], reasons=reasons, notes=["text: a\nnote"])
    assert text.split("\n---\n", 1)[1].lstrip("\n") == BODY


def test_what_is_long_is_shortened() -> None:
    source = recipe(output={"write": [{"text": "q"}]})
    (part,) = parts(source, {"train": 1})
    part.records(Accepted("3.0", {}, {"q": "é" * 301}, []))
    reasons = Counter({("s", "rejected", f"r{n:02}"): 30 - n for n in range(22)})
    text = card(source, FACTS, rows=1, parts=[part], reasons=reasons, notes=[])
    assert f'"text": "{"é" * 300}…"' in text
    assert "| s | rejected | r19 | 11 |\n\nAnd 19 more, for rarer reasons.\n" in text


def test_a_run_that_rejected_nothing_says_so() -> None:
    source = recipe(output={"write": [{"text": "q"}]})
    facts = CardFacts("0123abcd", 1, (), (), {"sofrito": "1.0"})
    text = card(
        source, facts, rows=1, parts=parts(source, {"train": 1}), reasons=Counter(), notes=[]
    )
    assert "# demo\n\nSynthetic data: 1 row, made by" in text
    assert "## Please note" not in text
    assert "No model was asked." in text
    assert "Every row that was made got in." in text


def test_why_terms_were_accepted_is_told() -> None:
    facts = replace(FACTS, models=(ModelFacts("judge", {"model": "m"}, "", "it only filters"),))
    told = "The terms of `judge` restrict training; they were accepted because: it only filters"
    assert told in _models(facts)
