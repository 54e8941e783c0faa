"""explode, vote, collect, pair: siblings made of lists, and one row made of siblings."""

from pathlib import Path
from typing import Any

import pytest
from desk import operation_of, row_of, step_of, worked
from pydantic import ValidationError
from storm import calm, recipe_of

from sofrito.steps.work import Event, Gather, Join, Lost, Row


def siblings(step: str, parent: Row, *several: dict[str, Any]) -> tuple[Row, ...]:
    return tuple(parent.children(step, several))


def closed(step: Any, parent: Row, rows: tuple[Row, ...]) -> Row | Lost:
    operation = operation_of(step)
    assert isinstance(operation, Join)
    (one,) = operation.run(parent, rows)
    return one


def test_explode_makes_a_sibling_of_each_item() -> None:
    row = row_of(list=["a", "b"])
    done = worked(step_of(explode="list", into="item"), row)
    assert [(one.path, one.values) for one in done.outcome if isinstance(one, Row)] == [
        ((12, 0), {"list": ["a", "b"], "item": "a"}),
        ((12, 1), {"list": ["a", "b"], "item": "b"}),
    ]


@pytest.mark.parametrize(
    ("said", "values", "made"),
    [
        ({"explode": "a"}, {"a": [1, 2]}, [{"a": 1}, {"a": 2}]),
        (
            {"explode": ["a", "b"], "into": ["x", "y"]},
            {"a": [1, 2], "b": [3, 4]},
            [{"x": 1, "y": 3}, {"x": 2, "y": 4}],
        ),
        (
            {"explode": "a", "into": ["x", "y"]},
            {"a": [{"x": 1, "y": 2, "z": 3}]},
            [{"x": 1, "y": 2}],
        ),
    ],
)
def test_explode_by_columns(said: Any, values: Any, made: list[Any]) -> None:
    assert worked(step_of(**said), row_of(**values)).values == [{**values, **m} for m in made]


@pytest.mark.parametrize(
    ("said", "values", "lost"),
    [
        ({"explode": "a"}, {"a": []}, ("rejected", "empty list", "")),
        ({"explode": "a"}, {"a": None}, ("failed", "`a` is not a list", "")),
        ({"explode": "a"}, {"a": "text"}, ("failed", "`a` is not a list", "")),
        (
            {"explode": ["a", "b"]},
            {"a": [1], "b": []},
            ("failed", "lists of different lengths", ""),
        ),
        (
            {"explode": "a", "into": ["x", "y"]},
            {"a": [{"x": 1}]},
            ("failed", "an item lacks one of x, y", "it has no `y`"),
        ),
        (
            {"explode": "a", "into": ["x", "y"]},
            {"a": ["text"]},
            ("failed", "an item lacks one of x, y", "it has no `x`, `y`"),
        ),
    ],
)
def test_what_cannot_be_exploded(said: Any, values: Any, lost: Any) -> None:
    assert worked(step_of(**said), row_of(**values)).lost == [lost]


def test_an_item_without_a_field_is_lost_alone() -> None:
    row = row_of(a=[{"x": 1, "y": 2}, {"x": 3}, {"x": 5, "y": None}])
    outcome = worked(step_of(explode="a", into=["x", "y"]), row).outcome
    kinds = [(type(one), one.row if isinstance(one, Lost) else one) for one in outcome]
    assert [(kind, row.path, row.values.get("x"), row.values.get("y")) for kind, row in kinds] == [
        (Row, (12, 0), 1, 2),
        (Lost, (12, 1), 3, None),
        (Row, (12, 2), 5, None),
    ]


def test_the_items_beside_one_without_a_field_are_counted() -> None:
    steps = [{"explode": "list", "into": ["x", "y"]}]
    rows = [{"list": [{"x": 1, "y": 2}, {"x": 3}]}, {"list": [{"y": 4}]}]
    life = calm(recipe_of({"from": "pool", "seeds": {"pool": {"rows": rows}}, "steps": steps}))
    assert [values["x"] for _, _, values in life.kept.rows] == [1]
    assert life.engine.ledger.tallies[1].as_dict() == {
        "in": 2,
        "made": 1,
        "out": 1,
        "rejected": {},
        "failed": {"an item lacks one of x, y": 2},
        "joined": 0,
        "surplus": 0,
        "counted": {},
    }
    assert life.engine.ledger.balances


def voted(equal: str, *answers: Any) -> list[Any]:
    operation = operation_of(step_of(vote="a", equal=equal))
    assert isinstance(operation, Gather)
    rows = siblings("generate a", row_of(), *({"a": answer} for answer in answers))
    return [one.values["vote"] for one in operation.run(rows) if isinstance(one, Row)]


@pytest.mark.parametrize(
    ("equal", "answers", "winner", "votes", "tied", "agrees"),
    [
        ("text", ("Yes.", "no", " yes"), "Yes.", 2, False, (True, False, True)),
        ("exact", ("Yes.", "no", "yes", "no"), "no", 2, False, (False, True, False, True)),
        ("number", ("1,000", "1000.0", "$1000", "7"), "1,000", 3, False, (True, True, True, False)),
        ("text", ("b", "a", "a", "b"), "b", 2, True, (True, False, False, True)),
        ("text", (None, "", "a"), "a", 1, False, (False, False, True)),
        ("text", (None, ""), None, 0, False, (False, False)),
        ("text", ([1, 2], [1, 2]), [1, 2], 2, False, (True, True)),
    ],
)
def test_a_vote(
    equal: str, answers: Any, winner: Any, votes: int, tied: bool, agrees: tuple[bool, ...]
) -> None:
    tally = {
        "winner": winner,
        "votes": votes,
        "of": len(answers),
        "share": votes / len(answers),
        "tied": tied,
    }
    assert voted(equal, *answers) == [{**tally, "agrees": each} for each in agrees]


PARENT = row_of(question="q")


def test_collect_gives_the_parent_back_with_a_list() -> None:
    rows = siblings("s", PARENT, {"a": 1, "ok": True}, {"a": 2, "ok": False}, {"a": 3, "ok": True})
    told = rows[1].told(Event("check", "score", {"score": 1}))
    step = step_of(**{"collect": "a", "where": "ok", "as": "right"})
    assert closed(step, PARENT, (rows[0], told, rows[2])) == PARENT.told(*told.story).having(
        {"right": [1, 3]}
    )
    assert closed(step, PARENT, ()) == PARENT.having({"right": []})


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"collect": "a"}, {"a": [1, 2]}),
        ({"collect": ["a", "b"]}, {"a": [1, 2], "b": ["x", None]}),
        (
            {"collect": ["a", "b"], "as": "both"},
            {"both": [{"a": 1, "b": "x"}, {"a": 2, "b": None}]},
        ),
    ],
)
def test_what_is_collected(said: Any, made: Any) -> None:
    rows = siblings("s", PARENT, {"a": 1, "b": "x"}, {"a": 2})
    assert closed(step_of(**said), PARENT, rows) == PARENT.having(made)


@pytest.mark.parametrize(
    ("into", "collected"),
    [({}, {"collect": ["tags", "a"]}), ({"into": "tag"}, {"collect": "tag", "as": "tags"})],
)
def test_a_list_that_was_taken_apart_is_collected_anew(into: Any, collected: Any) -> None:
    item = into.get("into", "tags")
    steps = [
        {"explode": "tags", **into},
        {"generate": "a", "prompt": f"say {{{{ {item} }}}}", "keep": f"{item} != 'y'"},
        collected,
        {"set": "joined", "to": "tags | join('+')"},
    ]
    rows = [{"tags": ["x", "y", "z"]}, {"tags": ["y"]}]
    life = calm(recipe_of({"from": "pool", "seeds": {"pool": {"rows": rows}}, "steps": steps}))
    assert [(values["tags"], values["joined"]) for _, _, values in life.kept.rows] == [
        (["x", "z"], "x+z"),
        ([], ""),
    ]


def test_collect_wants_so_many() -> None:
    step = step_of(collect="a", least=2)
    rows = siblings("s", PARENT, {"a": 1})
    row = PARENT.having({"a": [1]})
    assert closed(step, PARENT, rows) == Lost(row, "rejected", "fewer than 2 collected")


def paired(scores: list[Any], **said: Any) -> Any:
    rows = siblings("s", PARENT, *({"a": f"a{i}", "score": s} for i, s in enumerate(scores)))
    one = closed(step_of(pair="a", by="score", **said), PARENT, rows)
    if isinstance(one, Lost):
        return one.reason, one.score
    record = one.values["pair"]
    return one.values["chosen"], one.values["rejected"], record["margin"], record["of"]


@pytest.mark.parametrize(
    ("scores", "said", "pair"),
    [
        ([3, 5, 1], {}, ("a1", "a2", 4, 3)),
        ([5, 5, 1, 1], {}, ("a0", "a3", 4, 4)),
        ([2, 2], {}, ("tie", 0)),
        ([2, 2.5], {"margin": 1}, ("margin too small", 0.5)),
        ([2, 3], {"margin": 1}, ("a1", "a0", 1, 2)),
        ([0.2, 0.3], {"margin": 0.1}, ("a1", "a0", 0.3 - 0.2, 2)),
        ([4], {}, ("fewer than two answers", None)),
        ([], {}, ("fewer than two answers", None)),
        ([None, 1, 2], {}, ("a2", "a1", 1, 2)),
        (["high", 1], {}, ("expression", None)),
    ],
)
def test_pairs(scores: list[Any], said: Any, pair: Any) -> None:
    assert paired(scores, **said) == pair


def test_pairs_by_chance_take_each_other_answer() -> None:
    best_random, random = set(), set()
    for key in range(60):
        parent = row_of(key=key)
        rows = siblings("s", parent, *({"a": i, "score": i} for i in range(4)))
        for take, found in (("best_random", best_random), ("random", random)):
            one = closed(step_of(pair="a", by="score", take=take), parent, rows)
            assert isinstance(one, Row)
            found.add((one.values["chosen"], one.values["rejected"]))
    assert best_random == {(3, 0), (3, 1), (3, 2)}
    assert random == {(high, low) for high in range(4) for low in range(high)}


def test_the_best_is_held_against_one_that_is_worse() -> None:
    taken = set()
    for key in range(40):
        parent = row_of(key=key)
        rows = siblings("s", parent, *({"a": i, "score": s} for i, s in enumerate([3, 3, 0])))
        one = closed(step_of(pair="a", by="score", take="best_random"), parent, rows)
        assert isinstance(one, Row)
        taken.add((one.values["chosen"], one.values["rejected"]))
    assert taken == {(0, 2)}


SAME = "all answers say the same"
TAKES = ("best_worst", "best_random", "random")


def taken(rows: list[tuple[str, int]], take: str, **said: Any) -> set[Any]:
    """Return what pairs are made of answers with these scores, over many draws."""
    found = set[Any]()
    for key in range(60):
        parent = row_of(key=key)
        answers = siblings("s", parent, *({"a": text, "score": score} for text, score in rows))
        one = closed(step_of(pair="a", by="score", take=take, **said), parent, answers)
        if isinstance(one, Lost):
            found.add((one.reason, one.detail))
        else:
            found.add((one.values["chosen"], one.values["rejected"], one.values["pair"]["margin"]))
    return found


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        pytest.param(
            [("x", 5), ("y", 3), ("x", 1)],
            [{("x", "y", 2)}, {("x", "y", 2)}, {("x", "y", 2), ("y", "x", 2)}],
            id="the twin of the best is the worst",
        ),
        pytest.param(
            [("x", 5), ("y", 4), ("y", 1)],
            [{("x", "y", 4)}, {("x", "y", 1), ("x", "y", 4)}, {("x", "y", 1), ("x", "y", 4)}],
            id="the others are twins",
        ),
        pytest.param([("x", 5), ("x", 1), ("x", 3)], [{(SAME, "")}] * 3, id="all are one"),
        pytest.param([("x", 5), ("x", 5)], [{("tie", "both have 5")}] * 3, id="none is better"),
        pytest.param(
            [("x", 5), ("y", 5), ("x", 1)],
            [
                {("tie", "both have 5")},
                {("tie", "both have 5")},
                {("tie", "both have 5"), ("y", "x", 4)},
            ],
            id="the only other is as good",
        ),
    ],
)
def test_a_pair_is_of_two_that_differ(rows: Any, pairs: list[set[Any]]) -> None:
    assert [taken(rows, take) for take in TAKES] == pairs


def test_a_margin_is_asked_of_the_pair_that_is_made() -> None:
    rows = [("x", 5), ("y", 3), ("x", 1)]
    assert taken(rows, "best_worst", margin=3) == {("margin too small", "5 against 3")}


def test_twins_change_no_other_draw() -> None:
    """Where the first draw is of two that differ it stays, so datasets of earlier versions do."""
    pairs = []
    for texts in ("abcd", "abca"):
        made = []
        for key in range(40):
            parent = row_of(key=key)
            said = [{"a": text, "score": 4 - i, "id": i} for i, text in enumerate(texts)]
            step = step_of(pair="a", by="score", take="random")
            one = closed(step, parent, siblings("s", parent, *said))
            assert isinstance(one, Row)
            made.append((one.values["chosen"], one.values["rejected"]))
        pairs.append(made)
    apart, twins = pairs
    kept = [was == now for was, now in zip(apart, twins, strict=True) if "d" not in was]
    assert all(kept)
    assert len(kept) > 10
    assert {two for two in twins if two[0] == two[1]} == set()


@pytest.mark.parametrize("said", [{"collect": "a"}, {"pair": "a", "by": "b"}])
def test_a_closing_step_takes_no_when(said: Any) -> None:
    with pytest.raises(ValidationError, match="takes no `when`"):
        step_of(**said, when="a")


def test_a_row_comes_back_though_all_its_siblings_are_lost(tmp_path: Path) -> None:
    """The problem whose samples were all wrong is there for the steps that follow."""
    steps = [
        {"generate": "answer", "prompt": "say {{ theme }}", "n": 3, "keep": "theme == 'b'"},
        {"collect": "answer", "as": "right"},
        {"set": "count", "to": "right|length"},
    ]
    pool = {"pool": {"rows": [{"theme": "a"}, {"theme": "b"}]}}
    life = calm(recipe_of({"from": "pool", "seeds": pool, "steps": steps, "seed": 3}))
    assert [values["count"] for _, _, values in life.kept.rows] == [0, 3]
    assert life.engine.ledger.tallies[2].as_dict() == {
        "in": 3,
        "made": 1,
        "out": 2,
        "rejected": {},
        "failed": {},
        "joined": 2,
        "surplus": 0,
        "counted": {},
    }
    assert life.engine.ledger.balances
