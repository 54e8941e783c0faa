"""What keys, filters and formats of recipes are called elsewhere."""

from collections.abc import Collection

KEYS = {
    **dict.fromkeys(("provider", "engine", "api", "type"), "backend"),
    **dict.fromkeys(("url", "endpoint", "api_base", "host"), "base_url"),
    **dict.fromkeys(("key", "token", "api-key", "apikey"), "api_key"),
    **dict.fromkeys(("max_length", "max_new_tokens", "max_completion_tokens"), "max_tokens"),
    **dict.fromkeys(("temp",), "temperature"),
    **dict.fromkeys(("num_rows", "n_rows", "num_samples", "samples"), "rows"),
    **dict.fromkeys(("template", "user_prompt"), "prompt"),
    **dict.fromkeys(("system_prompt", "system_message"), "system"),
    **dict.fromkeys(("format", "formats", "formatter"), "write"),
    **dict.fromkeys(("few_shot", "fewshot", "examples"), "shots"),
    **dict.fromkeys(("if", "condition"), "when"),
    **dict.fromkeys(("path", "source", "data"), "file"),
    **dict.fromkeys(("pipeline", "stages", "tasks"), "steps"),
    **dict.fromkeys(("licence",), "license"),
    **dict.fromkeys(("name", "id"), "recipe"),
    **dict.fromkeys(("num_return_sequences", "num_generations"), "n"),
}
FILTERS = {
    **dict.fromkeys(("regex", "regexp", "match"), "pattern"),
    **dict.fromkeys(("keywords", "blocklist", "banned"), "words"),
    **dict.fromkeys(("rouge", "similarity"), "novelty"),
    **dict.fromkeys(("size", "word_count"), "length"),
    **dict.fromkeys(("lang",), "language"),
    **dict.fromkeys(("decontamination", "decontaminate"), "contamination"),
}
FORMATS = {
    **dict.fromkeys(("openai", "chat", "chatml", "conversation", "sft"), "messages"),
    **dict.fromkeys(("preference", "pairs"), "dpo"),
    **dict.fromkeys(("instruction",), "alpaca"),
}


def by_another_name(name: str, words: dict[str, str], known: Collection[str]) -> str:
    """Return what to do about a word that is another one here, "" where it is none of these."""
    here = words.get(name.lower().replace("-", "_"), "")
    return f"It is called `{here}` here." if here in known else ""
