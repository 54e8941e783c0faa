"""What a row becomes in each format, and what the formats refuse."""

import subprocess
import sys

import orjson
import pytest
from pydantic import ValidationError

from sofrito.formats import FORMATS, Format, Unfit
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.vocabulary import Vocabulary, parse_writer


class _Info:
    """What pydantic hands to a validator, as far as reading a format needs it."""

    context = Vocabulary({}, {}, FORMATS)


def written(entry: object) -> Format:
    """Read one entry of `write`."""
    writer = parse_writer(entry, _Info())  # type: ignore[arg-type]
    assert isinstance(writer, Format)
    return writer


SOFT = {
    "token_ids": [[5, 1], [2, 3]],
    "written": [5, 3],
    "logprobs": [[-0.5, -2.0], [-0.25, -1.0]],
    "written_logprobs": [-0.5, -1.0],
    "tokenizer": "abc",
}
LABELS = {**SOFT, "texts": None, "written_texts": None}
TOLD = {
    "texts": [["S", "s"]],
    "written_texts": ["S"],
    "logprobs": [[-0.5, -2.0]],
    "written_logprobs": [-0.5],
}
TEXTS = {**TOLD, "token_ids": None, "written": None, "tokenizer": None}
ROW = {
    "a_soft": SOFT,
    "told": TOLD,
    "q": "Why?",
    "a": "So.",
    "sys": "Be brief.",
    "n": 3,
    "yes": True,
    "none": None,
    "l": ["é"],
}


@pytest.mark.parametrize(
    ("entry", "uses", "record"),
    [
        (
            {"messages": {"prompt": "q", "completion": "a"}},
            ("q", "a"),
            {
                "messages": [
                    {"role": "user", "content": "Why?"},
                    {"role": "assistant", "content": "So."},
                ]
            },
        ),
        (
            {"messages": {"prompt": "q", "completion": "a", "system": "sys"}},
            ("sys", "q", "a"),
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Why?"},
                    {"role": "assistant", "content": "So."},
                ]
            },
        ),
        (
            {"messages": {"prompt": "q", "completion": "yes", "system": "none"}},
            ("none", "q", "yes"),
            {
                "messages": [
                    {"role": "user", "content": "Why?"},
                    {"role": "assistant", "content": "true"},
                ]
            },
        ),
        (
            {"alpaca": {"instruction": "q", "input": "none", "output": "n"}},
            ("q", "none", "n"),
            {"instruction": "Why?", "input": "", "output": "3"},
        ),
        *(
            (
                {"alpaca": {"instruction": "q", "output": "a", **said}},
                uses,
                {"instruction": "Why?", "input": "", "output": "So."},
            )
            for said, uses in [
                ({}, ("q", "input", "a")),
                ({"input": None}, ("q", "a")),
                ({"input": ""}, ("q", "a")),
            ]
        ),
        (
            {"prompt_completion": {"prompt": "q", "completion": "l"}},
            ("q", "l"),
            {"prompt": "Why?", "completion": '["é"]'},
        ),
        ({"text": "a"}, ("a",), {"text": "So."}),
        (
            {"distill": {"prompt": "q", "completion": "a", "system": "sys"}},
            ("sys", "q", "a", "a_soft"),
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Why?"},
                    {"role": "assistant", "content": "So."},
                ],
                **LABELS,
            },
        ),
        (
            {"distill": {"prompt": "q", "completion": "a", "soft": "told", "chat": False}},
            ("q", "a", "told"),
            {"prompt": "Why?", "completion": "So.", **TEXTS},
        ),
        ({"raw": ["n", "none"]}, ("n", "none"), {"n": 3, "none": None}),
        ("raw", (), ROW),
    ],
)
def test_a_row_becomes_a_record(entry: object, uses: object, record: object) -> None:
    writer = written(entry)
    assert (writer.uses(), writer.record(ROW)) == (uses, record)


@pytest.mark.parametrize(
    ("name", "uses"),
    [
        ("alpaca", ("instruction", "input", "output")),
        ("prompt_completion", ("prompt", "completion")),
        ("text", ("text",)),
    ],
)
def test_a_bare_name_takes_the_columns_of_the_same_names(name: str, uses: object) -> None:
    assert written(name).uses() == uses


@pytest.mark.parametrize(
    "entry",
    [
        {"messages": {"prompt": "q", "completion": "a"}},
        {"alpaca": {"instruction": "q", "input": "a", "output": "a"}},
        {"prompt_completion": {"prompt": "q", "completion": "a"}},
        {"text": "a"},
    ],
)
def test_a_record_has_the_fields_of_the_shape(entry: object) -> None:
    writer = written(entry)
    assert list(writer.record(ROW)) == list(writer.shape() or {})


def test_messages_that_are_there_already_are_kept() -> None:
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]
    extra = [{**message, "tool_calls": None} for message in talk]
    writer = written({"messages": "talk"})
    assert writer.uses() == ("talk",)
    assert writer.record({"talk": extra}) == {"messages": talk}


UNKNOWN_ROLE = "the `role` of a message in `talk` is not `system`, `user`, `assistant` or `tool`"


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (None, "`talk` is not a list of messages"),
        ([], "`talk` is not a list of messages"),
        ("Hi", "`talk` is not a list of messages"),
        (
            [{"role": "user"}],
            "a message in `talk` lacks `role` or `content`, or they are not texts",
        ),
        (
            [{"role": "user", "content": 5}],
            "a message in `talk` lacks `role` or `content`, or they are not texts",
        ),
        (["Hi"], "a message in `talk` lacks `role` or `content`, or they are not texts"),
        ([{"role": "bot", "content": "Hi"}], UNKNOWN_ROLE),
        (
            [{"role": "assistant", "content": "", "tool_calls": [1]}],
            "a message in `talk` has more than `role` and `content`",
        ),
    ],
)
def test_what_is_no_conversation_is_refused(talk: object, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        written({"messages": "talk"}).record({"talk": talk})
    assert caught.value.words == words


CALL = {"name": "add", "arguments": {"a": 1}}
WRITTEN = {"type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
TOOL = {"name": "add", "parameters": {"type": "object"}}
TOOLS = '[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}]'


def test_calls_and_tools_stand_beside_the_messages() -> None:
    options = {"prompt": "q", "system": "sys", "tool_calls": "calls", "tools": "tools"}
    writer = written({"messages": options})
    assert writer.uses() == ("sys", "q", "calls", "tools")
    openai = {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    for calls, tools in ([CALL], [TOOL]), ([openai], [{"type": "function", "function": TOOL}]):
        record = writer.record({**ROW, "calls": calls, "tools": tools})
        assert record == {
            "messages": [
                {"role": "system", "content": "Be brief.", "tool_calls": None},
                {"role": "user", "content": "Why?", "tool_calls": None},
                {"role": "assistant", "content": None, "tool_calls": [WRITTEN]},
            ],
            "tools": TOOLS,
        }
    assert list(record) == list(writer.shape() or {})


def test_what_is_said_instead_of_calls() -> None:
    writer = written({"messages": {"prompt": "q", "completion": "a", "tool_calls": "calls"}})
    ends = [writer.record({**ROW, "calls": calls})["messages"][-1] for calls in ([CALL], [], None)]
    said = {"role": "assistant", "content": "So."}
    assert ends == [{**said, "tool_calls": calls} for calls in ([WRITTEN], None, None)]
    with pytest.raises(Unfit, match="`a` is null"):
        writer.record({**ROW, "a": None, "calls": []})


def test_a_conversation_with_calls_is_kept() -> None:
    talk = [
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "2"},
        {"role": "assistant", "content": "2"},
    ]
    writer = written({"messages": {"messages": "talk", "tools": "tools"}})
    assert writer.record({"talk": talk, "tools": [TOOL]}) == {
        "messages": [
            {"role": "user", "content": "1 + 1?", "tool_calls": None},
            {"role": "assistant", "content": None, "tool_calls": [WRITTEN]},
            {"role": "tool", "content": "2", "tool_calls": None},
            {"role": "assistant", "content": "2", "tool_calls": None},
        ],
        "tools": TOOLS,
    }


def test_a_conversation_with_calls_has_the_same_roles() -> None:
    talk = [{"role": "function", "content": "2"}]
    with pytest.raises(Unfit) as caught:
        written({"messages": {"messages": "talk", "tools": "tools"}}).record(
            {"talk": talk, "tools": [TOOL]}
        )
    assert caught.value.words == UNKNOWN_ROLE


@pytest.mark.parametrize(
    ("calls", "tools", "words"),
    [
        ([], [TOOL], "`calls` is not a list of calls"),
        ("add", [TOOL], "`calls` is not a list of calls"),
        ([{"arguments": {}}], [TOOL], "a call in `calls` has no `name`"),
        (
            [{"name": "add", "arguments": "{"}],
            [TOOL],
            "the `arguments` of a call in `calls` are no object",
        ),
        ([CALL], [], "`tools` is not a list of tools"),
        ([CALL], ["add"], "a tool in `tools` has no `name`"),
    ],
)
def test_what_is_no_call_or_tool_is_refused(calls: object, tools: object, words: str) -> None:
    writer = written({"messages": {"prompt": "q", "tool_calls": "calls", "tools": "tools"}})
    with pytest.raises(Unfit) as caught:
        writer.record({**ROW, "calls": calls, "tools": tools})
    assert caught.value.words == words


@pytest.mark.parametrize(
    "entry",
    [
        {"messages": {"prompt": "q", "completion": "none"}},
        {"alpaca": {"instruction": "q", "input": "q", "output": "none"}},
        {"prompt_completion": {"prompt": "none", "completion": "q"}},
        {"text": "none"},
    ],
)
def test_a_null_is_nothing_to_learn_from(entry: object) -> None:
    with pytest.raises(Unfit) as caught:
        written(entry).record(ROW)
    assert caught.value.words == "`none` is null"


FULL = {**ROW, "talk": [{"role": "user", "content": "Hi"}], "calls": [CALL], "tools": [TOOL]}
ENTRIES: list[dict[str, dict[str, object]]] = [
    {"text": {"text": "q"}},
    {"prompt_completion": {"prompt": "q", "completion": "a"}},
    {"alpaca": {"instruction": "q", "input": "n", "output": "a"}},
    {"alpaca": {"instruction": "q", "output": "a"}},
    {"messages": {"prompt": "q", "completion": "a", "system": "sys"}},
    {"messages": {"messages": "talk"}},
    {"messages": {"prompt": "q", "tool_calls": "calls", "tools": "tools"}},
    {"messages": {"prompt": "q", "completion": "a", "tools": "tools"}},
    {"messages": {"prompt": "q", "completion": "a", "tool_calls": "calls"}},
    {"sharegpt": {"prompt": "q", "completion": "a"}},
    {"dpo": {"prompt": "q", "chosen": "a", "rejected": "n"}},
    {"orpo": {"prompt": "talk", "chosen": "a", "rejected": "n", "chat": True}},
    {"kto": {"prompt": "q", "chosen": "a", "rejected": "n"}},
    {"kto": {"prompt": "q", "completion": "a", "label": "yes"}},
    {"reward": {"chosen": "a", "rejected": "n"}},
    {"reward": {"prompt": "q", "chosen": "a", "rejected": "n"}},
    {"distill": {"prompt": "q", "completion": "a", "system": "sys"}},
    {"distill": {"prompt": "q", "completion": "a", "soft": "told", "chat": False}},
    {"raw": {"columns": ["q", "a"]}},
]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_a_row_is_left_out_where_a_column_that_needs_a_value_has_none(
    entry: dict[str, dict[str, object]],
) -> None:
    writer = written(entry)
    left_out = []
    for column in writer.uses():
        try:
            writer.records({**FULL, column: None})
        except Unfit:
            left_out.append(column)
    assert left_out == [column for column in writer.uses() if column in writer.needs_values()]
    assert {*writer.needs_values()} <= {*writer.uses()}


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_what_is_written_as_a_text_is_json_where_it_is_none(
    entry: dict[str, dict[str, object]],
) -> None:
    writer = written(entry)
    as_json = []
    for column in writer.uses():
        try:
            records = writer.records({**FULL, column: {"odd": 1}})
        except Unfit:
            continue
        if orjson.dumps('{"odd":1}') in orjson.dumps(records):
            as_json.append(column)
    assert as_json == [column for column in writer.uses() if column in writer.texts()]
    assert {*writer.texts()} <= {*writer.uses()}


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (
            {},
            "missing",
            "`messages` needs `prompt` and `completion`, or `messages`: the names of columns",
        ),
        (
            {"prompt": "q"},
            "missing",
            "`messages` needs `prompt` and `completion`, or `messages`: the names of columns",
        ),
        (
            {"messages": "talk", "system": "sys"},
            "clash",
            "`messages` takes either `messages` or `prompt` and `completion`, not both",
        ),
    ],
)
def test_messages_need_exactly_one_source(options: object, kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        written({"messages": options})
    assert [(e["type"], e["msg"]) for e in caught.value.errors()] == [(kind, words)]


def test_where_lets_rows_in() -> None:
    writer = written({"text": {"text": "a", "where": "n > 2"}})
    assert [writer.takes({"n": n}) for n in (1, 2, 3)] == [False, False, True]
    assert written({"text": "a"}).takes({})
    with pytest.raises(ExpressionError):
        writer.takes({})


def test_the_formats_need_nothing_heavy() -> None:
    code = (
        "import sys, sofrito.formats; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'arro3', 'numpy', 'pyarrow', 'aiohttp', 'llama_cpp'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
