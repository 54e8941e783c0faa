"""What may be trained on a model's outputs, by its licence and its names."""

import pytest

from sofrito.recipe.terms import terms_of


@pytest.mark.parametrize(
    ("licence", "names", "verdict"),
    [
        ("apache-2.0", ("Smollm2 135M",), "allowed"),
        ("Apache 2.0", (), "allowed"),
        ("mit", ("DeepSeek-R1",), "allowed"),
        ("bsd-3-clause", (), "allowed"),
        (None, ("gemma-4-12b-it",), "allowed"),
        ("other", ("openai/gpt-oss-20b",), "allowed"),
        (None, ("gpt-4o", "https://api.openai.com/v1"), "not allowed"),
        (None, ("openai/gpt-5-mini", "https://openrouter.ai/api/v1"), "not allowed"),
        (None, ("anything", "https://api.anthropic.com/v1"), "not allowed"),
        (None, ("google/gemini-2.5-flash",), "not allowed"),
        ("llama2", (), "not allowed"),
        ("llama3", (), "not allowed"),
        (None, ("Meta-Llama-3-8B-Instruct.Q4_K_M.gguf",), "not allowed"),
        (None, ("llama3:8b",), "not allowed"),
        ("llama3.1", (), "conditional"),
        (None, ("Llama-3.3-70B-Instruct",), "conditional"),
        ("gemma", (), "conditional"),
        (None, ("google/gemma-3-4b-it",), "conditional"),
        ("qwen-research", (), "conditional"),
        ("qwen", (), "conditional"),
        ("cc-by-nc-4.0", (), "conditional"),
        ("bigscience-openrail-m", (), "conditional"),
        ("deepseek", (), "conditional"),
        ("mit", ("DeepSeek-R1-Distill-Llama-3.3-70B",), "conditional"),
        ("apache-2.0", ("TinyLlama-1.1B-Chat-v1.0.Q4_0.gguf",), "allowed"),
        (None, ("qwen3-32b", "http://localhost:8000/v1"), "unknown"),
        ("other", ("Llama-4-Scout",), "unknown"),
        ("", ("",), "unknown"),
    ],
)
def test_the_strictest_of_what_is_known_decides(
    licence: str | None, names: tuple[str, ...], verdict: str
) -> None:
    assert terms_of(licence, *names).verdict == verdict


def test_no_terms_without_words() -> None:
    assert terms_of("apache-2.0").words == "its outputs may train any model"
    assert terms_of(None).words.endswith("read its licence")
