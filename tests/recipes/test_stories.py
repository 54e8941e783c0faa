"""stories: three words in each, in a small vocabulary."""

from pathlib import Path

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.filters.vocabulary import words_of
from sofrito.prompts import Render, Templates
from sofrito.recipe.sources import TemplateSources
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

SEEDS = shipped_recipes()["stories"] / "seeds"
STORIES = {
    "boat": 'Shiny was the\nboat. “Jump on it,” said the frog, "now it is my house!"',
    "cake": "A shiny cake was on the table. The mouse wanted it, but the cat was asleep there.",
    "duck": "A duck—jumped over the (shiny) puddle and said hello.",
    "lamp": "A shiny lamp jumped, whereupon perpendicular electromagnets oscillated magnificently!",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    def story(call: Completion) -> str:
        prompt = call.messages[-1].content
        return next(text for noun, text in STORIES.items() if f'"{noun}"' in prompt)

    return run_like(
        "stories",
        story,
        tmp_path_factory.mktemp("stories"),
        params={"known": 0.95, "lacking": 0},
        axes={
            "verb": {"file": None, "values": ["jump"]},
            "noun": {"file": None, "values": list(STORIES)},
            "adjective": {"file": None, "values": ["shiny"]},
            "feature": {"values": ["twist", "bad ending"]},
        },
        cover={"design": "full"},
        rows=None,
    )


def test_a_story_has_the_three_words_and_hardly_any_that_a_child_does_not_know(
    run: ShippedRun,
) -> None:
    assert {id_: row["story"] for id_, row in run.rows.items()} == {
        "0": STORIES["boat"],
        "4": STORIES["duck"],
    }
    again, strange = "novelty: too similar", "vocabulary: too many unknown words"
    assert run.lost == {
        "1": again,
        **dict.fromkeys("23", "keep: missing.split() | length <= 0"),
        "5": again,
        **dict.fromkeys("67", strange),
    }


def test_the_prompt_has_what_the_feature_is_and_nothing_else(run: ShippedRun) -> None:
    twist, sad, *_ = run.asked["teacher"]
    assert ("turns out to be quite different" in twist, "ends sadly" in twist) == (True, False)
    assert ("turns out to be quite different" in sad, "ends sadly" in sad) == (False, True)


@pytest.mark.parametrize("file", ["verbs", "nouns", "adjectives"])
def test_the_words_are_many_none_twice_and_all_of_the_vocabulary(file: str) -> None:
    words = lines(SEEDS / f"{file}.txt")
    assert len(set(words)) == len(words) >= 50
    assert set(words) <= set(words_of("\n".join(lines(SEEDS / "vocabulary.txt"))))


@pytest.mark.parametrize(
    ("verb", "noun", "adjective", "story", "missing"),
    [
        ("jump", "boat", "shiny", "The SHINY boat’s sail: jump!", ""),
        ("jump", "boat", "big", "Boats jumped, the bigger ones.", ""),
        ("carry", "fox", "happy", "Foxes carried the happiest one.", ""),
        ("play", "baby", "late", "Later the babies played-", ""),
        ("dance", "cake", "big", "She dances; big cakes.", ""),
        ("dance", "cake", "big", "Dancing (big) cake", ""),
        ("stop", "cat", "old", "“Stopping,” said the older cat.", ""),
        ("add", "cat", "old", "An old address, to catch.", "add cat"),
        ("add", "hat", "kind", "He adds and hates two kinds.", "hat kind"),
        ("add", "bed", "red", "The bedding was adder, reddish.", "add bed red"),
        ("add", "cat", "old", "", "add cat old"),
    ],
)
def test_a_word_counts_with_an_ending_of_its_kind(
    verb: str, noun: str, adjective: str, story: str, missing: str
) -> None:
    sources = TemplateSources((shipped_recipes()["stories"],))
    values = {"verb": verb, "noun": noun, "adjective": adjective, "story": story}
    (told,) = Templates(sources).render([Render("prompts/missing.j2", values)])
    assert isinstance(told, str)
    assert told.split() == missing.split()


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").split("\n")[:-1]
