"""What two recipes do differently, in words."""

from typing import Any

from sofrito.plan.difference import Sides, changes, dealt_otherwise, plain, pools_grown_otherwise
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.model import Recipe

BEFORE: dict[str, Any] = {
    "recipe": "r",
    "models": {"teacher": {"model": "local"}},
    "seeds": {"tasks": {"rows": [{"a": "x"}]}},
    "axes": {"style": {"values": ["plain", "playful"]}},
    "rows": 5,
    "steps": [
        {"generate": "b", "prompt": "one\ntwo", "sampling": {"temperature": 0.7}},
        {"filter": "b", "by": [{"length": {"words": [1, 9]}}, "unique"]},
        {"grow": "tasks", "columns": "b"},
        {"generate": "c", "prompt": "{{ b }}"},
    ],
    "output": {"write": [{"raw": ["b", "c"]}]},
}


def recipe(**edits: Any) -> Recipe:
    return Recipe.model_validate({**BEFORE, **edits}, context=vocabulary())


def words(after: Recipe, before: Recipe | None = None, **more: Any) -> list[str]:
    found = changes(Sides(before or recipe(), after, **more))
    return [f"{one.where}: {one.words}" for one in found]


def steps(*edits: tuple[int, dict[str, Any]]) -> list[Any]:
    made: list[Any] = [dict(one) for one in BEFORE["steps"]]
    for at, edit in edits:
        made[at] |= edit
    return made


def test_equal_recipes_have_no_difference_and_words_about_them_are_none() -> None:
    assert words(recipe(title="T", tags=["t"], license="MIT", sofrito=2)) == []


def test_what_is_the_recipes_own() -> None:
    after = recipe(
        rows=9,
        models={"teacher": {"path": "m.gguf"}},
        axes={"style": {"values": ["playful", "plain"]}},
        budget={"calls": "2k"},
    )
    assert words(after) == [
        ": models.teacher.model removed: local",
        ": models.teacher.path added: m.gguf",
        ": order of axes.style.values: [plain, playful] -> [playful, plain]",
        ": rows: 5 -> 9",
        ": budget added: {calls: 2000}",
    ]


def test_a_steps_prompt_and_sampling() -> None:
    edit = {"prompt": "one\nthree\ntwo", "sampling": {"temperature": 1.0, "max_tokens": 5}}
    assert words(recipe(steps=steps((0, edit)))) == [
        "generate b: prompt changed: 1 line added, 0 removed",
        "generate b: sampling.temperature: 0.7 -> 1.0",
        "generate b: sampling.max_tokens added: 5",
    ]
    found = changes(Sides(recipe(), recipe(steps=steps((0, edit)))))
    assert found[0].lines == ("@@ -1,2 +1,3 @@", " one", "+three", " two")


def test_filters_are_told_by_name() -> None:
    by = ["unique", {"length": {"words": [2, 9]}}, {"words": {"never": ["x"]}}]
    assert words(recipe(steps=steps((1, {"by": by})))) == [
        "filter b: filter length.words: [1, 9] -> [2, 9]",
        "filter b: filter words added: {never: [x]}",
        "filter b: order of filters: length, unique -> unique, length, words",
    ]


def test_steps_that_come_go_and_move() -> None:
    one, two, three, four = steps()
    after = recipe(steps=[one, three, two, {"set": "d", "to": "'x'"}])
    assert words(after) == [
        "generate c: removed",
        "grow tasks: moved: step 3 -> step 2",
        "set d: added: {set: [d], to: \"'x'\"}",
    ]
    assert words(recipe(steps=[one, two, three, four])) == []


def test_a_template_file_with_another_text_and_other_seed_rows() -> None:
    both = recipe(steps=steps((0, {"prompt": "p.j2"})))
    texts = (
        {"p.j2": "a", "rules.j2": "x"},
        {"p.j2": "b {% include 'rules.j2' %}", "rules.j2": "y"},
    )
    assert words(both, both, texts=texts, seeds=({"tasks": "1"}, {"tasks": "2"})) == [
        "seeds.tasks: rows: other rows -> these",
        "generate b: prompt changed: 1 line added, 1 removed",
        "generate b: included rules.j2 changed: 1 line added, 1 removed",
    ]


def test_a_change_before_a_grow_lets_other_rows_join() -> None:
    for at, pools in ((0, ["tasks"]), (1, ["tasks"]), (3, [])):
        after = recipe(steps=steps((at, {"keep": "b"})))
        sides = Sides(recipe(), after)
        assert pools_grown_otherwise(sides, changes(sides)) == pools


def test_what_is_plain_can_be_read_again() -> None:
    whole = recipe()
    assert Recipe.model_validate(plain(whole), context=vocabulary()) == whole


def test_values_of_an_axis_are_told_as_they_are_listed() -> None:
    after = recipe(axes={"style": {"values": ["playful", "formal"]}})
    assert words(after) == [
        ": axes.style.values removed: plain",
        ": axes.style.values added: formal",
    ]


def test_axes_are_dealt_for_the_number_of_rows() -> None:
    assert dealt_otherwise(Sides(recipe(), recipe(rows=9))).startswith("The axes are dealt for")
    assert dealt_otherwise(Sides(recipe(), recipe(title="T"))) == ""
    assert dealt_otherwise(Sides(recipe(axes={}), recipe(axes={}, rows=9))) == ""


def test_a_step_that_is_only_called_otherwise() -> None:
    named = recipe(steps=steps((0, {"name": "ask"}), (3, {"name": "answer"})))
    assert words(named) == [
        "ask: renamed: generate b -> ask",
        "answer: renamed: generate c -> answer",
    ]
    edited = steps((0, {"name": "question"}), (3, {"name": "reply", "prompt": "Say {{ b }}"}))
    assert words(recipe(steps=edited), before=named) == [
        "answer: removed",
        "question: renamed: ask -> question",
        'reply: added: {generate: [c], name: reply, prompt: "Say {{ b }}"}',
    ]
    grown = steps((2, {"name": "learn"}))
    assert words(recipe(steps=[grown[2], *grown[:2], grown[3]])) == [
        "learn: renamed: grow tasks -> learn",
        "learn: moved: step 3 -> step 1",
    ]
