"""`sofrito fmt`: what it changes, and all that it leaves as it is."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.format_lines import written
from sofrito.recipe.format_nodes import Odd
from sofrito.recipe.format_order import ANY, Shape
from sofrito.recipe.format_tree import parse_sheet
from sofrito.recipe.format_yaml import comments, formatted
from sofrito.recipe.schema import schema_for
from sofrito.shipped import shipped, shipped_recipes

SCHEMA = schema_for(vocabulary(), shipped("schemas"))
FILE = Path("recipe.yaml")


def document(text: str) -> Document:
    return parse_document(FILE, text)


def fmt(text: str) -> str:
    return formatted(document(dedent(text)), SCHEMA)


CASES = {
    "a comment above the first key moves with it, what is about the file stays": (
        """
        # about the file

        # about the output
        output: {write: [{text: {text: a}}]}
        recipe: r
        """,
        """\
        # about the file

        recipe: r
        # about the output
        output: {write: [{text: {text: a}}]}
        """,
    ),
    "odd spaces go within brackets that have a comment, lines and comments stay": (
        """
        recipe: r
        rows: &few 3
        seeds:
          a: {rows: [ &one {"x":1  , y:  *few , *few : 3}  ,  # one
                { ? b : 2 } ,{ c }  ],   # two
             columns: { x:   integer , z }   }
        """,
        """\
        recipe: r
        rows: &few 3
        seeds:
          a: {rows: [&one {"x": 1, y: *few , *few : 3},  # one
                {? b: 2}, {c}],   # two
             columns: {x: integer, z}}
        """,
    ),
    "keys in the order of the models, the verb first": (
        """
        output: {write: [{text: {text: a}}]}
        steps:
        - keep: a
          prompt: x {{ b }}
          sampling: {max_tokens: 5, temperature: 0}
          generate: a
        recipe: r
        """,
        """\
        recipe: r
        steps:
          - generate: a
            prompt: x {{ b }}
            sampling: {temperature: 0, max_tokens: 5}
            keep: a
        output: {write: [{text: {text: a}}]}
        """,
    ),
    "names of one's own stay in their order, as axes are": (
        "axes:\n    z: {values: [b, a]}\n    a: {file: x}\nrecipe: r\n",
        "recipe: r\naxes:\n  z: {values: [b, a]}\n  a: {file: x}\n",
    ),
    "comments go with the entry below them, and stand where they stood behind a line": (
        """\
        # the head of the file

        rows: 5        # how many


        # about the name
        recipe: r
        # the end
        """,
        """\
        # the head of the file

        # about the name
        recipe: r
        rows: 5        # how many
        # the end
        """,
    ),
    "a comment behind a line keeps its distance, in a column with others their column": (
        """\
        recipe:    r   # one
        rows: 5
        cover: {design:   full}   # two
        seed:   3      # three
        language: en   # four
        output:
            write:
            -   text:   {text:    a}   # five
        """,
        """\
        recipe: r   # one
        seed: 3        # three
        language: en   # four
        cover: {design: full}   # two
        rows: 5
        output:
          write:
            - text: {text: a}   # five
        """,
    ),
    "a comment that is deeper than what follows ends its block": (
        """\
        steps:
        - filter: a
          by: [unique]
          # of the step
        # of the list
        - grow: b
            # of the step again
        recipe: r
        """,
        """\
        recipe: r
        steps:
          - filter: a
            by: [unique]
            # of the step
          # of the list
          - grow: b
              # of the step again
        """,
    ),
    "a comment that is deeper than the entry above it goes with that": (
        """\
        title: a title
          of two lines
             # of the title
        description: "one
          two"    # of the description
                  # in its column

         # and below it
        rows: 5
        tags: >-
          text
         # of the tags
        recipe: r
        """,
        """\
        recipe: r
        title: a title
          of two lines
          # of the title
        description: "one
          two"    # of the description
                  # in its column

          # and below it
        tags: >-
          text
         # of the tags
        rows: 5
        """,
    ),
    "what is behind a dash has its comments above the dash": (
        """\
        steps:
          -  # first
             prompt: p   # second
             # third
             generate: a
        """,
        """\
        steps:
          # first
          # third
          - generate: a
            prompt: p   # second
        """,
    ),
    "quotes, numbers and anchors as they were written": (
        """\
        recipe:   'r'
        title: "yes"
        seed:     0o17
        axes: {v: {values: [1.10, '007', yes]}}
        models:
            teacher: &t {model: local}
            other:   *t
        """,
        """\
        recipe: 'r'
        title: "yes"
        seed: 0o17
        models:
          teacher: &t {model: local}
          other: *t
        axes: {v: {values: [1.10, '007', yes]}}
        """,
    ),
    "an alias is never put before its anchor": (
        "rows: &n 5\nround: *n\nrecipe: r\nseed: *n\n",
        "rows: &n 5\nround: *n\nrecipe: r\nseed: *n\n",
    ),
    "texts over lines": (
        """\
        title: one
          two

          three
        description: "one
             two"
        steps:
           - generate: a
             prompt: |
                  Say
                    this

             system: >-
               folded
               text
        """,
        """\
        title: one
          two

          three
        description: "one
          two"
        steps:
          - generate: a
            prompt: |
              Say
                this

            system: >-
              folded
              text
        """,
    ),
    "merged mappings": (
        "models:\n  a: &a\n      model: m\n      backend: openai\n  b:\n      <<: *a\n      model: n\n",
        "models:\n  a: &a\n    backend: openai\n    model: m\n  b:\n    <<: *a\n    model: n\n",
    ),
    "a flow that is too long for a line": (
        "steps:\n  - {generate: a, prompt: 'a text that is rather long, as texts in prompts are',"
        " sampling: {max_tokens: 100, top_p: 0.25}}\n",
        """\
        steps:
          - generate: a
            prompt: 'a text that is rather long, as texts in prompts are'
            sampling: {top_p: 0.25, max_tokens: 100}
        """,
    ),
    "a flow with comments stays as it is": (
        "rows: 1\ntags: [a,   # first\n       b]\nrecipe: r\n",
        "recipe: r\ntags: [a,   # first\n       b]\nrows: 1\n",
    ),
    "lists in lists": (
        "x:\n- - a\n  - b:   1\n    c: 2\n-\n  - d\n-\n- e\n",
        "x:\n  - - a\n    - b: 1\n      c: 2\n  - - d\n  -\n  - e\n",
    ),
    "a key that is not known stays behind its neighbour": (
        "title: t\nodd: 1\nrecipe: r\n",
        "recipe: r\ntitle: t\nodd: 1\n",
    ),
    "a second look at what stands above the keys": (
        "# a\n---\n# b\nrecipe: r\n...\n",
        "# a\n---\n# b\nrecipe: r\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    before, after = (dedent(one) for one in CASES[name])
    assert fmt(before.lstrip("\n")) == after
    assert fmt(after) == after


def test_a_long_list_goes_over_lines() -> None:
    words = [f"word{n}" for n in range(30)]
    text = f"chains:\n  c:\n    - words: {{never: [{', '.join(words)}]}}\n"
    lines = fmt(text).splitlines()
    assert lines[2:4] == ["    - words:", "        never: [" + ", ".join(words[:11]) + ","]
    assert all(len(line) <= 100 for line in lines)
    assert document(fmt(text)).data == document(text).data


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_formatted(name: str) -> None:
    text = (shipped_recipes()[name] / "recipe.yaml").read_text(encoding="utf-8")
    assert fmt(text) == text


@pytest.mark.parametrize("text", ["? a\n: b\n", "{recipe: r}\n", "? [a]\n: b\nrows: 1\n"])
def test_what_is_out_of_the_ordinary_is_left_alone(text: str) -> None:
    with pytest.raises(Odd):
        parse_sheet(text)
    try:
        found = document(text)
    except RecipeError:
        return
    assert formatted(found, SCHEMA) == text


# Any YAML that can be read: mappings, lists, scalars of every style, comments and blank lines.

WORDS = st.sampled_from(["a", "b-c", "1.10", "yes", "'it''s'", '"q: #"', "x y", "~", "''", "a#b"])
NAMES = st.sampled_from(
    ["recipe", "rows", "steps", "generate", "prompt", "sampling", "top_p", "models", "zed", '"q k"']
)
COMMENT = st.sampled_from(["", "", "", "   # c", " #d"])
ABOVE = st.sampled_from(["", "", "", "\n", "# own\n", "      # deep\n", "\n\n# two\n\n"])


def flows(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=12).map(lambda each: f"[{', '.join(each)}]")
    pairs = st.lists(st.tuples(NAMES, inner), max_size=4, unique_by=lambda pair: pair[0])
    return lists | pairs.map(lambda each: "{" + ", ".join(f"{k}: {v}" for k, v in each) + " }")


FLOW = st.recursive(WORDS, flows, max_leaves=12)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Return the lines of a block, from column 0."""
    mapping = depth == 0 or draw(st.booleans())
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    lines: list[str] = []
    for name in names:
        lines += draw(ABOVE).splitlines()
        head = f"{name}:" if mapping else "-"
        kind = draw(st.integers(0, 5 if depth < 3 else 3))
        if kind == 0:
            lines += [f"{head} |{draw(st.sampled_from(['', '-', '+']))}{draw(COMMENT)}"]
            lines += ["     literal", "", "       deeper # no comment", ""]
        elif kind == 1:
            lines += [f"{head} plain{draw(st.sampled_from(['', ' text']))}", "      over lines"]
        elif kind <= 3:
            anchor = draw(st.sampled_from(["", "", f"&a{draw(st.integers(0, 99))} "]))
            lines.append(f"{head} {anchor}{draw(FLOW)}{draw(COMMENT)}")
        else:
            step = draw(st.integers(1, 4))
            lines.append(head + draw(COMMENT))
            lines += [" " * step + one for one in draw(blocks(depth + 1))]
    return lines


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_it_says_the_same_and_a_second_time_changes_nothing(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    try:
        before = document(text)
    except RecipeError:
        return
    after = formatted(before, SCHEMA)
    assert document(after).data == before.data
    assert comments(after) == comments(text)
    assert formatted(document(after), SCHEMA) == after


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_it_needs_no_second_thoughts(lines: list[str]) -> None:
    """What is laid out says the same by itself; the look at it afterwards is for the unforeseen."""
    text = "\n".join(lines) + "\n"
    try:
        before = document(text)
        sheet = parse_sheet(text)
    except (RecipeError, Odd):
        return
    for shape in (ANY, Shape(SCHEMA, SCHEMA["$defs"])):
        after = document(written(sheet, shape))
        assert after.data == before.data
        assert comments(after.text) == comments(text)
        sheet = parse_sheet(text)
