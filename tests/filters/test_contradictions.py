"""What filters say of themselves, so that two which let nothing pass together can be found."""

import math

import pytest

from sofrito.filters.ifd import Ifd
from sofrito.filters.length import Length
from sofrito.filters.pattern import Pattern
from sofrito.filters.perplexity import Perplexity
from sofrito.filters.words import Words
from sofrito.recipe.base import Fragment


def test_bounds_are_those_that_pass() -> None:
    assert Length(words=(4, 9)).bounds() == {"words": (4, 9)}
    assert Length(words=(4, 9), characters=(0, 80)).bounds() == {
        "words": (4, 9),
        "characters": (0, 80),
    }
    above = math.nextafter(5, math.inf)
    assert Perplexity(above=5).bounds() == {"perplexity": (above, math.inf)}
    assert Perplexity(above=5, model="small").bounds() == {
        "perplexity by `small`": (above, math.inf)
    }
    below = math.nextafter(1.0, -math.inf)
    assert Ifd(prompt="q", above=5e-1).bounds() == {
        "IFD given `q`": (math.nextafter(0.5, math.inf), below)
    }


def test_what_must_be_found_is_told_where_it_is_a_plain_text() -> None:
    phrases = (
        Fragment("sky", words=True, any_case=True),
        Fragment("the sea", words=True, any_case=True),
    )
    assert Words(must=("sky", "the sea")).wanted() == (phrases,)
    assert Words(never=("sky",)).wanted() == ()
    found = Pattern(must=("a sky", "(?i)Sea", "^The", "a.c", "[ab]")).wanted()
    assert found == ((Fragment("a sky"),), (Fragment("Sea", any_case=True),))


@pytest.mark.parametrize(
    ("never", "fragment", "refused"),
    [
        ("know", Fragment("do not know", words=True, any_case=True), True),
        ("know", Fragment("knowledge", words=True, any_case=True), False),
        ("know", Fragment("I KNOW it"), True),
        ("know", Fragment("know"), False),  # it may stand in a longer word
        ("not know", Fragment("do not know it"), True),
    ],
)
def test_words_refuse_what_is_certain(never: str, fragment: Fragment, refused: bool) -> None:
    assert Words(never=(never,)).refuses(fragment) is refused
    assert Words(must=(never,)).refuses(fragment) is False


@pytest.mark.parametrize(
    ("never", "fragment", "refused"),
    [
        ("know", Fragment("knowledge"), True),
        ("know", Fragment("Knowledge"), False),
        ("know", Fragment("knowledge", any_case=True), False),  # KNOWLEDGE has it and passes
        ("(?i)KNOW", Fragment("knowledge", any_case=True), True),
        ("^know", Fragment("know"), False),
    ],
)
def test_patterns_refuse_what_is_certain(never: str, fragment: Fragment, refused: bool) -> None:
    assert Pattern(never=(never,)).refuses(fragment) is refused
