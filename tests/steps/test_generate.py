from pathlib import Path
from typing import Any

import pytest
from desk import Here, Worked, cut, operation_of, pooled, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.work import Event, Map, Row, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.teacher import Refused

LIST = {"generate": "x", "prompt": "List {{ topic }}", "parse": "numbered_list"}


def generated(answer: Any, values: dict[str, Any] | None = None, **said: Any) -> Worked:
    return worked(
        step_of(**{"generate": "x", "prompt": "Say it.", **said}), row_of(**values or {}), answer
    )


def test_a_call_is_what_the_recipe_says() -> None:
    done = generated(
        " Paris \n",
        {"country": "France"},
        prompt="\nThe capital of {{ country }}?\n",
        system="Be brief about {{ country }}.",
        sampling={"temperature": 0.7, "stop": "\n", "max_tokens": 9},
    )
    (call,) = done.calls
    assert call == Completion(
        "teacher",
        (Message("system", "Be brief about France."), Message("user", "The capital of France?")),
        {"max_tokens": 9, "stop": ["\n"], "temperature": 0.7},
        None,
        (),
        mix(7, "generate x", 0, 0) & 0x7FFFFFFF,
    )
    told = Event("generate x", "call", {"key": call.key({}).hex()})
    assert done.outcome == [Row((12,), 7, {"country": "France", "x": "Paris"}, (told,))]


@pytest.mark.parametrize("parse", ["numbered_list", "tags"])
def test_a_made_up_answer_has_the_shape_asked_for(parse: str) -> None:
    (call,) = generated("none", parse=parse, attempts=1).calls
    made_up = ScriptedTeacher().default(call)
    assert [one for one in generated(made_up, parse=parse).values if one["x"].endswith(".")]


def test_at_temperature_0_a_call_has_no_seed() -> None:
    (call,) = generated("a", sampling={"temperature": 0}).calls
    assert call.seed is None


def test_the_key_depends_on_who_the_row_is_and_never_on_its_number() -> None:
    step = step_of(generate="x", prompt="Say it.")
    keys = [worked(step, row_of(n, key)).calls[0].key({}) for n, key in [(1, 7), (99, 7), (1, 8)]]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_a_system_message_that_renders_to_nothing_is_left_out() -> None:
    (call,) = generated("a", {"hint": None}, system="{{ hint }}").calls
    assert call.messages == (Message("user", "Say it."),)


def test_prompts_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "ask.j2").write_text("Ask {{ a }}\n")
    done = worked(step_of(generate="x", prompt="ask.j2"), row_of(a="b"), "c", folder=tmp_path)
    assert done.calls[0].messages == (Message("user", "Ask b"),)


@pytest.mark.parametrize(
    ("prompt", "detail"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ a.b }}", "a text has no field `b`"),
        (
            "{{ a + 1 }}",
            "`+` cannot join a text and a number; `~` joins texts, `a | int` reads a number in one",
        ),
        ("{% if false %}x{% endif %}", "the prompt is empty"),
    ],
)
def test_a_row_whose_prompt_cannot_be_rendered_fails(prompt: str, detail: str) -> None:
    done = generated("a", {"a": "text"}, prompt=prompt)
    assert done.lost == [("failed", "template", detail)]
    assert done.turns == []


POOL = [{"t": f"seed {i}"} for i in range(5)]
GROWN = [{"t": f"grown {i}"} for i in range(5)]


def test_the_template_sees_the_shots() -> None:
    here = Here({"pool": pooled("pool", POOL)}, {"pool": pooled("grown", GROWN)})
    shots = [{"draw": 2, "from": "pool"}, {"draw": 1, "from": "pool", "grown": True}]
    step = step_of(generate="x", prompt="{% for s in shots %}<{{ s.t }}>{% endfor %}", shots=shots)
    done = worked(step, row_of(), "a", here=here)
    ((message,),) = [call.messages for call in done.calls]
    seen = message.content[1:-1].split("><")
    kept = done.outcome[0]
    assert isinstance(kept, Row)
    event = kept.story[0]
    assert (event.step, event.kind) == ("generate x", "shots")
    where = [
        origin.replace("grown, row", "grown").replace("pool, row", "seed")
        for origin in event.what["from"]
    ]
    assert seen == where
    assert sorted(text.split()[0] for text in seen) == ["grown", "seed", "seed"]


def test_without_any_shots_the_template_sees_an_empty_list() -> None:
    step = step_of(generate="x", prompt="{{ shots | length }}", shots=[{"draw": 2, "from": "pool"}])
    done = worked(step, row_of(), "a", here=Here({"pool": []}))
    assert done.calls[0].messages[0].content == "0"


def test_n_asks_at_once_for_siblings_with_seeds_of_their_own() -> None:
    done = generated(lambda call: f"answer {call.seed}", n=3)
    (turn,) = done.turns
    seeds = [call.seed for call in turn]
    assert seeds == [mix(7, "generate x", i, 0) & 0x7FFFFFFF for i in range(3)]
    assert [(one.path, one.values) for one in done.outcome if isinstance(one, Row)] == [
        ((12, i), {"x": f"answer {seed}"}) for i, seed in enumerate(seeds)
    ]


def test_an_unparseable_answer_is_asked_again_with_another_seed() -> None:
    said = iter(["perhaps", "well", "Yes."])
    done = generated(lambda _: next(said), parse="boolean")
    seeds = [[call.seed for call in turn] for turn in done.turns]
    assert seeds == [[mix(7, "generate x", 0, attempt) & 0x7FFFFFFF] for attempt in range(3)]
    assert done.values == [{"x": True}]
    (kept,) = done.outcome
    assert isinstance(kept, Row)
    assert [event.what["key"] for event in kept.story] == [
        call.key({}).hex() for call in done.calls
    ]


def test_only_the_siblings_that_failed_are_asked_again() -> None:
    done = generated(
        lambda call: "?" if call.seed == mix(7, "generate x", 1, 0) & 0x7FFFFFFF else "no",
        parse="boolean",
        n=3,
    )
    assert [len(turn) for turn in done.turns] == [3, 1]
    assert done.values == [{"x": False}] * 3


def test_after_the_last_attempt_the_row_is_rejected() -> None:
    done = generated("perhaps", parse={"choice": ["a", "b"]}, attempts=2)
    assert len(done.turns) == 2
    assert done.lost == [("rejected", "unparseable", "not one of the choices: 'perhaps'")]
    (lost,) = done.outcome
    assert len((lost if isinstance(lost, Row) else lost.row).story) == 2


def test_at_temperature_0_asking_again_would_be_answered_the_same() -> None:
    done = generated("perhaps", parse="boolean", sampling={"temperature": 0})
    assert len(done.turns) == 1
    assert done.lost == [("rejected", "unparseable", "neither yes nor no: 'perhaps'")]


@pytest.mark.parametrize("said", [{}, {"raw": True}, {"turn": "user", "prompt": ""}])
def test_an_answer_with_nothing_in_it_is_asked_again(said: dict[str, Any]) -> None:
    answers = iter(["", " \n", " So. "])
    done = generated(lambda _: next(answers), **said)
    assert [call.seed for call in done.calls] == [
        mix(7, "generate x", 0, attempt) & 0x7FFFFFFF for attempt in range(3)
    ]
    assert done.values == [{"x": "So."}]
    never = generated("", attempts=2, **said)
    assert len(never.turns) == 2
    assert never.lost == [("rejected", "unparseable", "nothing was answered")]


def test_soft_labels_of_no_answer_are_not_kept() -> None:
    done = generated("", soft_labels=2, attempts=1)
    assert done.lost == [("rejected", "unparseable", "nothing was answered")]


def test_a_refusal_is_final() -> None:
    done = generated(lambda _: Refused("too long", "The prompt has 9,000 tokens."))
    assert len(done.turns) == 1
    assert done.lost == [("failed", "too long", "The prompt has 9,000 tokens.")]


def test_of_siblings_one_may_be_lost() -> None:
    def answer(call: Completion) -> Any:
        first = call.seed == mix(7, "generate x", 0, 0) & 0x7FFFFFFF
        return Refused("too long", "It is.") if first else "a"

    done = generated(answer, n=2)
    assert [one.path for one in done.outcome if isinstance(one, Row)] == [(12, 0)]
    assert done.lost == [("failed", "too long", "It is.")]


CUT = ("rejected", "truncated", "cut after 9 tokens")


@pytest.mark.parametrize(
    ("said", "text", "values", "lost"),
    [
        ({}, "half an", [], [CUT]),
        ({"truncated": "keep"}, "half an", [{"x": "half an"}], []),
        ({"parse": "numbered_list"}, "1. a\n2. b", [], [CUT]),
        (
            {"parse": "numbered_list", "truncated": "keep"},
            "1. a\n2. b",
            [{"x": "a"}, {"x": "b"}],
            [],
        ),
        ({"parse": "numbered_list", "truncated": "drop_last"}, "1. a\n2. b", [{"x": "a"}], []),
        ({"parse": "numbered_list", "truncated": "drop_last"}, "1. a", [], [CUT]),
        ({"parse": "json_list"}, '{"items": ["a", "b', [], [CUT]),
        ({"parse": "json_list"}, '{"items": ["a", "b"]}', [{"x": "a"}, {"x": "b"}], []),
        ({"parse": "json_list", "truncated": "drop_last"}, '{"items": ["a", "b', [{"x": "a"}], []),
        ({"parse": "json_list", "truncated": "drop_last"}, '{"items": ["a', [], [CUT]),
        ({"parse": "json"}, '{"x": "a', [], [CUT]),
        ({"parse": "json"}, '{"x": "a"}', [{"x": "a"}], []),
        ({"parse": "tags"}, "<x>a</x>", [], [CUT]),
        ({"parse": "tags", "truncated": "keep"}, "<x>a", [{"x": "a"}], []),
        ({"parse": "boolean"}, "yes, be", [{"x": True}], []),
        ({"parse": {"choice": ["a"]}}, "a", [{"x": "a"}], []),
    ],
)
def test_what_becomes_of_an_answer_that_was_cut(
    said: dict[str, Any], text: str, values: list[Any], lost: list[Any]
) -> None:
    done = generated(lambda _: cut(text), **said)
    assert len(done.turns) == 1
    assert (done.values, done.lost) == (values, lost)


@pytest.mark.parametrize("truncated", ["reject", "keep"])
@pytest.mark.parametrize("parse", ["text", "boolean", "json"])
def test_an_answer_that_was_cut_before_it_began_is_not_asked_again(
    parse: str, truncated: str
) -> None:
    done = generated(lambda _: cut(" "), parse=parse, truncated=truncated)
    assert len(done.turns) == 1
    detail = "cut after 9 tokens, before anything was answered"
    assert done.lost == [("rejected", "truncated", detail)]


def test_json_that_was_cut_and_shall_be_kept_is_asked_again() -> None:
    done = generated(lambda _: cut('{"x": "a'), parse="json", truncated="keep")
    assert len(done.turns) == 3
    assert [(kind, reason) for kind, reason, _ in done.lost] == [("rejected", "unparseable")]


def test_an_empty_list_rejects_the_row() -> None:
    done = generated('{"items": []}', parse="json_list")
    assert done.lost == [("rejected", "empty list", "")]
    assert len(done.turns) == 1


def test_a_list_makes_a_row_of_each_item() -> None:
    done = worked(step_of(**LIST), row_of(topic="fruit"), "1. apple\n2. pear")
    event = Event("generate x", "call", {"key": done.calls[0].key({}).hex()})
    assert done.outcome == [
        Row((12, i), mix(7, "generate x", mix({"x": x}), 0), {"topic": "fruit", "x": x}, (event,))
        for i, x in enumerate(["apple", "pear"])
    ]


def test_dropping_an_item_leaves_the_keys_of_the_others() -> None:
    step, row = step_of(**LIST), row_of(topic="fruit")

    def keys(*items: str) -> dict[tuple[str, int], int]:
        text = "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))
        found: dict[tuple[str, int], int] = {}
        for one in worked(step, row, text).outcome:
            assert isinstance(one, Row)
            name = one.values["x"]
            again = sum(known == name for known, _ in found)
            found[name, again] = one.key
        return found

    whole = keys("apple", "pear", "apple", "plum")
    assert len(set(whole.values())) == 4
    less = keys("pear", "apple", "plum")
    assert less == {known: whole[known] for known in less}


def test_several_columns_come_in_the_order_of_the_recipe() -> None:
    done = generated(
        '{"b": 2, "a": "x"}', generate=["a", "b"], parse="json", schema={"b": "integer"}
    )
    (call,) = done.calls
    assert call.schema is not None
    assert list(call.schema["properties"].items()) == [
        ("a", {"type": "string"}),
        ("b", {"type": "integer"}),
    ]
    assert [list(values.items()) for values in done.values] == [[("a", "x"), ("b", 2)]]


def test_columns_may_be_asked_for_in_reverse() -> None:
    said = {"generate": ["a", "b"], "parse": "json", "reverse": "label == 'x'"}
    for label, order in [("x", ["b", "a"]), ("y", ["a", "b"])]:
        done = generated('{"b": "2", "a": "1"}', {"label": label}, **said)
        schema = done.calls[0].schema
        assert schema is not None
        assert (list(schema["properties"]), schema["required"]) == (order, order)
        assert [list(values) for values in done.values] == [["label", "a", "b"]]
    failed = generated("", {}, **said)
    assert failed.lost == [("failed", "expression", "label == 'x': 'label' is undefined")]


def test_booleans_and_choices_are_closed_lists() -> None:
    assert generated("yes", parse="boolean").calls[0].choices == ("yes", "no")
    assert generated("b", parse={"choice": ["a", "b"]}).calls[0].choices == ("a", "b")


def test_when_and_what_is_null_without_it() -> None:
    operation = operation_of(step_of(generate=["a", "b"], prompt="p", parse="tags", when="c"))
    assert isinstance(operation, Map)
    assert operation.nulls == ("a", "b")
    assert operation.guard is not None
    assert [operation.guard.truth({"c": c}) for c in (1, 0)] == [True, False]


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"prompt": " "}, "missing", "`generate` needs a `prompt`, or `turn: user`"),
        (
            {"generate": ["a", "b"]},
            "clash",
            "`parse: text` makes one column, not 2",
        ),
        (
            {"truncated": "drop_last", "parse": "json"},
            "clash",
            "`truncated: drop_last` needs a parse that makes a list",
        ),
        (
            {"schema": {"x": "string"}, "parse": "numbered_list"},
            "clash",
            "`schema` needs `parse: json`, `json_list` or `tags`",
        ),
        ({"items": [1, 2], "parse": "json"}, "clash", "`items` needs `parse: json_list`"),
        (
            {"items": [3, 2], "parse": "json_list"},
            "never",
            "no list has at least 3 and at most 2 items",
        ),
        ({"items": [0, 0], "parse": "json_list"}, "never", "a list without items makes no row"),
        (
            {"schema": {"y": "string"}, "parse": "json"},
            "clash",
            "`schema` has `y`, which this step does not generate",
        ),
        (
            {"reverse": "true", "parse": "json"},
            "clash",
            "`reverse` needs `parse: json` or `json_list`, and several columns",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        step_of(**{"generate": "x", "prompt": "p", **said})
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]


def test_what_a_step_tells_of_itself() -> None:
    step = step_of(
        generate=["a", "b"],
        prompt="p {{ c }}",
        system="s",
        model="judge",
        parse="json_list",
        shots=[{"draw": 2, "from": "pool", "where": "t", "grown": True, "fill": True}],
    )
    assert (step.label, step.makes(), step.asks()) == ("generate a+b", ("a", "b"), "judge")
    assert step.templates() == {("prompt",): "p {{ c }}", ("system",): "s"}
    assert (step.extra_names(), step.pools(), step.fans_out()) == ({"shots"}, ("pool",), True)
    assert step_of(generate="x", prompt="p", n=2).fans_out()
    assert not step_of(generate="x", prompt="p").fans_out()


def test_asking_twice_for_the_likeliest_answer_is_a_doubt() -> None:
    doubtful = step_of(generate="x", prompt="p", n=2, sampling={"temperature": 0})
    assert list(doubtful.doubts()) == [("n",)]
    assert step_of(generate="x", prompt="p", n=2).doubts() == {}


def test_a_step_that_has_worked_is_equal_to_one_that_has_not() -> None:
    said = {"generate": "x", "prompt": "p", "shots": [{"draw": 1, "from": "pool", "where": "t"}]}
    used, fresh = step_of(**said), step_of(**said)
    worked(used, row_of(), "a", here=Here({"pool": pooled("pool", POOL)}))
    assert used == fresh
    assert used.model_dump() == fresh.model_dump()
