"""`chunk`: passages in order, of the size asked for, cut where a reader would cut."""

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest
from desk import row_of, step_of, worked
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sofrito.steps.chunk import Chunk
from sofrito.steps.chunk_cut import passages
from sofrito.steps.chunk_size import Size
from sofrito.steps.chunk_structure import structure_of

GUIDE = """\
# Teapots

A teapot holds tea. It has a spout, e.g. a short one. It has a lid.

## Care

Wash it by hand:

- Rinse it. Then dry it.
- Never use soap.

```python
def wash(pot):
    rinse(pot)

    dry(pot)
```

## Prices

| kind | price |
| ---- | ----- |
| clay | 10 |
"""


def chunk(**said: Any) -> Chunk:
    step = step_of(chunk="text", **said)
    assert isinstance(step, Chunk)
    return step


def cut(text: str, **said: Any) -> list[str]:
    return [one["text"] for one in chunk(**said).cut(text, {"text": text})]


def test_a_front_matter_is_no_heading() -> None:
    found = chunk(words=[1, 4]).cut("---\ntitle: Tea\n---\n# Pots\n\nA pot.", {})
    assert [(one["text"], one["source"]["headings"]) for one in found] == [
        ("---\ntitle: Tea\n---", []),
        ("# Pots\n\nA pot.", ["Pots"]),
    ]


def test_a_passage_ends_at_a_heading_and_code_and_tables_stay_whole() -> None:
    assert cut(GUIDE, words=[8, 20]) == [
        "# Teapots\n\nA teapot holds tea. It has a spout, e.g. a short one. It has a lid.",
        "## Care\n\nWash it by hand:\n\n- Rinse it. Then dry it.\n- Never use soap.",
        "```python\ndef wash(pot):\n    rinse(pot)\n\n    dry(pot)\n```",
        GUIDE[GUIDE.index("## Prices") :].rstrip(),
    ]


def test_the_record_says_where_a_passage_stands() -> None:
    step = chunk(words=[8, 20])
    row = row_of(text=GUIDE, file="documents/pots.md", title="Teapots")
    done = worked(step, row)
    assert [one.id for one in done.outcome if not hasattr(one, "reason")] == [
        "12.0",
        "12.1",
        "12.2",
        "12.3",
    ]
    assert done.values[1]["source"] == {
        "file": "documents/pots.md",
        "page": None,
        "last_page": None,
        "heading": "Care",
        "headings": ["Teapots", "Care"],
        "start": GUIDE.index("## Care"),
        "end": GUIDE.index(" soap.") + 6,
        "index": 1,
        "of": 4,
    }
    assert [one["source"]["heading"] for one in done.values] == [
        "Teapots",
        "Care",
        "Care",
        "Prices",
    ]
    assert set(done.values[1]["source"]) == step.records()["source"]


def test_sentences_are_told_from_abbreviations() -> None:
    text = "Dr. A. Bell saw 3.5 pots, e.g. Fig. 2. He left! “Why?” asked No. 5. 他走了。她来了。"
    offsets = structure_of(text).offsets
    assert [text[start:end] for start, end in pairwise([*offsets, len(text)])] == [
        "Dr. A. Bell saw 3.5 pots, e.g. Fig. 2. ",
        "He left! ",
        "“Why?” asked No. 5. ",
        "他走了。",
        "她来了。",
    ]


def test_what_is_announced_stays_with_what_announces_it() -> None:
    text = "One two three.\n\nFour five six:\n\n- seven eight\n- nine ten\n"
    assert cut(text, words=[4, 8]) == [
        "One two three.\n\nFour five six:",
        "- seven eight\n- nine ten",
    ]
    assert cut(text, words=[3, 9]) == [
        "One two three.",
        "Four five six:\n\n- seven eight\n- nine ten",
    ]


def test_a_heading_is_not_left_alone_at_the_end() -> None:
    text = "aa bb cc dd\n\n# Head\n\nee ff gg hh\n"
    assert cut(text, words=[4, 6]) == ["aa bb cc dd", "# Head\n\nee ff gg hh"]


def test_code_larger_than_a_passage_is_cut_at_its_lines() -> None:
    code = "\n".join(f"line number {i}" for i in range(8))
    text = f"```\n{code}\n```\n"
    assert cut(text, words=[6, 10]) == [
        "```\nline number 0\nline number 1\nline number 2",
        "line number 3\nline number 4\nline number 5",
        "line number 6\nline number 7\n```",
    ]


def test_without_a_space_a_passage_is_cut_all_the_same() -> None:
    assert cut("x" * 25, characters=[5, 10]) == ["x" * 10, "x" * 10, "x" * 5]


def test_what_begins_inside_a_word_has_that_word() -> None:
    assert cut("あい。えお b c d", words=[1, 3]) == ["あい。", "えお b c", "d"]
    assert cut("a あい。えお b c d", words=[1, 2]) == ["a あい。", "えお b", "c d"]
    assert cut("a b。えお c d e", words=[2, 3]) == ["a b。", "えお c", "d e"]


def test_what_is_left_is_enough_for_a_passage() -> None:
    text = " ".join(f"w{i}" for i in range(45))
    assert [len(one.split()) for one in cut(text, words=[20, 40])] == [25, 20]


def test_an_overlap_repeats_sentences_but_nothing_above_a_heading() -> None:
    text = "A b c. D e f. G h i. J k l.\n\n# Head\n\nM n o. P q r.\n"
    assert cut(text, words=[6, 9], overlap=4) == [
        "A b c. D e f. G h i.",
        "G h i. J k l.",
        "# Head\n\nM n o. P q r.",
    ]
    words = " ".join("abcdefghij")
    assert cut(words, words=[4, 5], overlap=2) == ["a b c d e", "d e f g h", "g h i j"]


def test_pages_are_told_where_they_are_of_this_text() -> None:
    text = "aa bb cc\n\ndd ee ff\n\ngg hh"
    step = chunk(words=[3, 5])
    values = {"text": text, "pages": [0, 10, 20, len(text)]}
    found = [one["source"] for one in step.cut(text, values)]
    assert [(one["page"], one["last_page"]) for one in found] == [(1, 1), (2, 3)]
    other = [one["source"]["page"] for one in step.cut(text + ".", values)]
    assert other == [None, None]


def test_a_row_without_a_text_is_lost() -> None:
    step = chunk(words=[3, 5])
    assert worked(step, row_of(text=None)).lost == [("failed", "`text` is not a text", "")]
    assert worked(step, row_of(text=" \n")).lost == [("rejected", "empty text", "")]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "needs the size of a passage"),
        ({"words": [1, 2], "tokens": [1, 2]}, "needs the size of a passage"),
        ({"words": [3, 2]}, "at least 3 and at most 2 words"),
        ({"words": [0, 2]}, "at least one unit"),
        ({"words": [5, 9], "overlap": 5}, "an `overlap` of 5"),
    ],
)
def test_what_cannot_be_meant(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        chunk(**said)


def test_tokens_are_estimated() -> None:
    assert len(Size.of("The teapot, internationalisation: 2026!", "tokens").starts) == 11
    assert len(Size.of("茶壶很好。", "tokens").starts) == 5


class CountingText(str):
    """A text that counts the characters that are copied out of it."""

    copied = 0

    def __getitem__(self, key: Any) -> str:
        found = super().__getitem__(key)
        self.copied += len(found)
        return found


class CountingList(list[Any]):
    """A list that counts the items that are read."""

    read = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.read += len(found) if isinstance(key, slice) else 1
        return found


def looked_at(headings: int) -> int:
    """Return how much cutting a text looks at that has so many headings."""
    text = CountingText(
        "".join(f"# Part {i}\n\nOne two.\n\n```\na b\n\nc d\n```\n\n" for i in range(headings))
    )
    found = structure_of(text)
    lists = {f.name: CountingList(getattr(found, f.name)) for f in fields(found)}
    size = Size.of(text, "words")
    made = list(passages(text, replace(found, **lists), size, 8, 12, 3))
    assert len(made) == headings
    return text.copied + sum(one.read for one in lists.values())


def test_four_times_the_headings_are_about_four_times_the_work() -> None:
    """The square would be sixteen times."""
    assert 0 < looked_at(1200) < 6 * looked_at(300)


PIECES = st.sampled_from(
    [
        "word ",
        "Two words. ",
        "# Head\n\n",
        "\n\n",
        "- item\n",
        "```\ncode\n\nmore\n```\n",
        "  ",
        "\n",
        "| a | b |\n|---|---|\n| c | d |\n",
        "茶。",
        "x" * 30,
        "## Sub\n",
        "> quote\n",
        "\r\n",
        "a:\n\n",
    ]
)
SIZES = st.tuples(st.integers(1, 30), st.integers(0, 30))


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(PIECES, max_size=60).map("".join),
    unit=st.sampled_from(["tokens", "words", "characters"]),
    sizes=SIZES,
    overlap=st.integers(0, 10),
)
def test_nothing_is_lost_and_sizes_hold(
    text: str, unit: Any, sizes: tuple[int, int], overlap: int
) -> None:
    least, most = sizes[0], sum(sizes)
    size = Size.of(text, unit)
    overlap = min(overlap, least - 1)
    structure = structure_of(text)
    found = list(passages(text, structure, size, least, most, overlap))
    covered = 0
    for one in found:
        assert text[one.start : one.end] == text[one.start : one.end].strip() != ""
        alone = text[one.start : one.end]
        assert Size.of(alone, unit).between(0, len(alone)) <= most
        assert size.between(one.start, one.end) <= most
        assert one.start <= covered + len(text[covered:]) - len(text[covered:].lstrip())
        assert not text[covered : one.start].strip()
        assert one.end > covered
        assert size.between(one.start, covered) <= overlap
        covered = one.end
    assert not text[covered:].strip()
    starts = {start for start, *_ in (*structure.whole, *structure.headings)}
    for one in found[:-1]:
        beyond = len(text) - len(text[one.end :].lstrip())
        spares = beyond in starts
        assert spares or size.between(one.start, beyond) >= least
