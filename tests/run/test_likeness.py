"""Which names of topics count as one."""

import pytest

from sofrito.run.likeness import likeness


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Gases", "gas"),
        ("forces", "a Force"),
        ("Laws of motion", "The law of motion"),
        ("Sound & light", "sound and light"),
        ("Boxes", "box"),
        ("Classes", "class"),
        ("case", "Cases"),
        ("theory", "theories"),
        ("Movies", "movie"),
        ("C++ templates", "c++ Template"),
        ("of the", "Of The"),
        ("Caf\u00e9", "cafe\u0301"),
        ("\u0939\u093f\u0902\u0926\u0940", "\u0939\u093f\u0902\u0926\u0940 "),
        ("x<0", "X < 0"),
        ("Force and motion", "Force, motion"),
        ("C ++", "c++"),
        ("## Forces", "force"),
        ("soft\u00adware", "software"),
    ],
)
def test_topics_that_differ_in_case_articles_and_number_are_alike(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_topics_that_mean_different_things_are_not_alike() -> None:
    names = [
        *("C", "C++", "C#", "A*", "A", "The"),
        *("New media", "News media", "New", "News", "Blues", "Blue"),
        *("History of France in Germany", "History of Germany in France"),
        *("Trade with France", "Trade in France"),
        *("Vitamin A", "Vitamins", "Group A", "Groups", "A/B tests", "B tests", "A* search"),
        *(
            "x < 0",
            "x > 0",
            "x = 0",
            "\u221a2",
            "2",
            "-2",
            "Powers of -1",
            "Powers of 1",
            "50%",
            "50",
        ),
        *(
            "ข้าว",
            "ข่าว",
            "दिल",
            "दाल",
            "\u05e1\u05b5\u05e4\u05b6\u05e8",
            "\u05e1\u05b7\u05e4\u05bc\u05b8\u05e8",
        ),
        *("Plans", "Planes", "Analysis", "Custom law", "Customs law", "Arms race", "Arm race"),
    ]
    assert len({likeness(name) for name in names}) == len(names)
