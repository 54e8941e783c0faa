import pytest

from sofrito.steps.punctuation import without_punctuation


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("“Hi”, he said!", "Hi he said"),
        ("What (then) is it?!", "What then is it"),
        ("Tell me: why … not?", "Tell me why  not"),
        ("¿Por qué? «Sí»", "Por qué Sí"),
        ("Quoi ?", "Quoi "),
        ("well-known — and old", "well known  and old"),
        ("- Write a poem.", " Write a poem"),
        ("你好，世界。", "你好世界"),
        ("पानी क्या है?", "पानी क्या है"),
        ("पानी क्या है।", "पानी क्या है"),
        ("don’t", "don't"),
        ("What is 12 - 4?", "What is 12 - 4"),
        ("in C#?", "in C#"),
        ("(n)!", "n)!"),
        ("f(x)", "f(x"),
        ("f()", "f("),
    ],
)
def test_marks_that_part_or_quote_words_go(text: str, left: str) -> None:
    assert without_punctuation(text) == left


@pytest.mark.parametrize(
    "kept",
    [
        "12 - 4", "12 * 4", "12 / 4", "-5", "3.14", "1,000", "1, 2", "3 : 4", "5 ? 3", "5!", "50%",
        "x - y", "x-y", "n!", "y' + y", "f'(x", "a != b", "a := b", "ls -la",
        ".NET", "C++", "C#", "R&D", "a_b", "os.path", "a/b", "me@home", "#tag", "[a]", "2x - ab",
    ],
)  # fmt: skip
def test_marks_that_may_mean_more_stay(kept: str) -> None:
    assert without_punctuation(kept) == kept
