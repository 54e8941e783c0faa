"""The published JSON Schema."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from sofrito.cli.schema import SCHEMAS as MADE
from sofrito.problems import Trouble
from sofrito.recipe.base import Part
from sofrito.recipe.docs import class_doc, field_docs
from sofrito.recipe.schema import (
    FILE,
    check_vocabulary,
    published,
    recipe_schema,
    schema_for,
    write_schemas,
)
from sofrito.recipe.schema_layers import REFERENCE, settled, whole
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary

SCHEMAS = Path(__file__).parents[2] / "schemas"
KEYWORDS = {
    "$schema", "title", "description", "markdownDescription", "examples", "default",
    "$ref", "$defs", "if", "then", "else", "anyOf",
    "type", "enum", "const", "pattern", "minLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "items", "minItems", "maxItems", "uniqueItems",
    "properties", "required", "additionalProperties", "propertyNames", "minProperties",
    "maxProperties",
}  # fmt: skip


class Shout(Verb):
    """Writes a column in capitals."""

    verb: ClassVar[str] = "shout"

    shout: str
    """The column."""

    volume: int = 11
    """How loud,
    of eleven."""


@pytest.fixture(scope="module")
def schema(vocabulary: Vocabulary) -> dict[str, Any]:
    return recipe_schema(vocabulary)


def recipe(*steps: Any, **more: Any) -> dict[str, Any]:
    output = {"write": [{"text": "answer"}]}
    return {"recipe": "case", "steps": list(steps), "output": output, **more}


def messages(schema: dict[str, Any], data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


def schemas_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, bool):
        return
    yield schema
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            for one in value.values():
                yield from schemas_in(one)
        elif key in ("if", "then", "else", "items", "additionalProperties", "propertyNames"):
            yield from schemas_in(value)


@pytest.mark.parametrize("name", MADE)
def test_the_published_file_is_the_generated_one(name: str) -> None:
    file = SCHEMAS / f"{name}.schema.json"
    fresh = file.read_text(encoding="utf-8") == published(MADE[name]())
    assert fresh, "schemas/ is out of date; regenerate it: sofrito schema --write"


def test_no_other_schema_is_published() -> None:
    assert {file.name for file in SCHEMAS.glob("*.json")} == {f"{n}.schema.json" for n in MADE}


def test_writing_gives_the_published_text(schema: dict[str, Any], tmp_path: Path) -> None:
    (file,) = write_schemas(tmp_path, {"recipe": schema})
    assert file == tmp_path / FILE
    assert file.read_text(encoding="utf-8") == published(schema)


@pytest.mark.parametrize("name", MADE)
def test_every_schema_is_closed_and_has_its_help(name: str) -> None:
    schema = MADE[name]()
    Draft202012Validator.check_schema(schema)
    parts = {"": schema, **schema["$defs"]}
    assert [key for key, one in parts.items() if not one["description"]] == []
    assert silent(parts) == []
    models = [one for key, one in parts.items() if key not in ("Verb", "Check", "Writer")]
    assert all(one["additionalProperties"] is False for one in models)
    assert {key for one in schemas_in(schema) for key in one} <= KEYWORDS


def test_is_a_json_schema_that_refers_to_itself_only(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    refs = {one["$ref"] for one in schemas_in(schema) if "$ref" in one}
    assert refs
    assert {ref.removeprefix("#/$defs/") for ref in refs} <= schema["$defs"].keys()


def test_says_everything_in_keywords_that_the_check_reads(schema: dict[str, Any]) -> None:
    assert {key for one in schemas_in(schema) for key in one} <= KEYWORDS


def test_no_mapping_of_the_recipe_is_open(schema: dict[str, Any]) -> None:
    whole = schema["else"]  # says what is required where nothing is extended
    closed = [one for one in schemas_in(schema) if one.get("required") and one != whole]
    closed += [schema, *(schema["$defs"][name] for name in ("Sampling", "Model", "filter.unique"))]
    ifs = [one["if"] for one in schemas_in(schema) if "if" in one]
    assert all(one.get("additionalProperties") is False for one in closed if one not in ifs)


def silent(parts: dict[str, Any]) -> list[str]:
    """Return the keys that have no help."""
    return [
        f"{name}.{key}"
        for name, one in parts.items()
        for key, value in one.get("properties", {}).items()
        if not value.get("description")
    ]


def test_an_empty_step_completes_to_the_verbs(
    schema: dict[str, Any], vocabulary: Vocabulary
) -> None:
    step = schema["$defs"]["Verb"]
    while "else" in step:
        step = step["else"]
    assert list(step["properties"]) == list(vocabulary.verbs)
    assert step["properties"]["set"] == {
        "description": "Sets a column, new or old, to the value of an expression or to a rendered "
        "template.",
        "type": ["string", "array"],
    }


def test_the_verbs_own_key_is_first_and_what_all_steps_share_last(schema: dict[str, Any]) -> None:
    assert list(schema["$defs"]["verb.dedup"]["properties"]) == [
        "dedup", "method", "ignore", "threshold", "distance", "model", "name", "when", "keep",
    ]  # fmt: skip


def test_a_misspelt_option_is_named_by_any_validator(schema: dict[str, Any]) -> None:
    told = messages(schema, recipe({"generate": "answer", "prompt": "x y", "smapling": {}}))
    assert told == [
        "Additional properties are not allowed ('smapling' was unexpected)",
    ]


def test_a_misspelt_verb_is_named_by_any_validator(schema: dict[str, Any]) -> None:
    told = messages(schema, recipe({"genrate": "answer"}))
    assert told == ["Additional properties are not allowed ('genrate' was unexpected)"]


@pytest.mark.parametrize(
    "entry", ["unique", {"first": 5}, {"first": {"most": 5}}, {"chain": "plain"}, {"echo": {}}]
)
def test_takes_a_filter_by_name_and_with_options(schema: dict[str, Any], entry: Any) -> None:
    assert messages(schema, recipe({"filter": "answer", "by": [entry]})) == []


@pytest.mark.parametrize(
    "entry", ["first", "uniqe", {"first": 0}, {"first": None}, {}, {"unique": {}, "first": 1}, 3]
)
def test_takes_no_other_filter(schema: dict[str, Any], entry: Any) -> None:
    assert len(messages(schema, recipe({"filter": "answer", "by": [entry]}))) == 1


def test_splits_are_shares_and_a_column(schema: dict[str, Any]) -> None:
    output = {"write": ["raw"], "splits": {"train": 0.9, "test": 0.1, "group_by": "topic"}}
    good = {**recipe({"dedup": "answer"}), "output": output}
    assert messages(schema, good) == []
    bad = {**good, "output": {**output, "splits": {"train": 2, "group_by": 1}}}
    assert len(messages(schema, bad)) == 2


def test_defaults_are_written_as_one_would(schema: dict[str, Any]) -> None:
    assert schema["properties"]["models"]["default"] == {"teacher": {"model": "local"}}
    assert schema["$defs"]["verb.generate"]["properties"]["truncated"]["default"] == "reject"
    assert "default" not in schema["$defs"]["verb.generate"]["properties"]["sampling"]


def test_every_verb_shows_an_example_that_is_valid(
    schema: dict[str, Any], vocabulary: Vocabulary
) -> None:
    examples = [schema["$defs"][f"verb.{verb}"]["examples"][0] for verb in vocabulary.verbs]
    assert [next(iter(example)) for example in examples] == list(vocabulary.verbs)
    assert messages(schema, recipe(*examples)) == []


def test_help_is_the_docstring_under_the_field() -> None:
    assert field_docs(Shout) == {
        **field_docs(Verb),
        "shout": "The column.",
        "volume": "How loud, of eleven.",
    }
    assert class_doc(Shout) == "Writes a column in capitals."
    assert set(field_docs(Verb)) == {"name", "when", "keep"}


def test_a_plugins_verb_is_published_like_a_built_in_one(vocabulary: Vocabulary) -> None:
    more = Vocabulary({**vocabulary.verbs, "shout": Shout}, {}, {})
    entry = recipe_schema(more)["$defs"]["verb.shout"]
    assert entry["properties"]["volume"] == {
        "description": "How loud, of eleven.",
        "default": 11,
        "type": ["integer", "string"],
        "pattern": REFERENCE,
    }


def test_an_option_with_a_verbs_name_is_refused(vocabulary: Vocabulary) -> None:
    with pytest.raises(Trouble) as trouble:
        check_vocabulary(Vocabulary({"shout": Shout, "volume": Shout}, {}, {}))
    assert trouble.value.what == "The verb `shout` has an option `volume`, and `volume` is a verb."


def test_two_models_of_one_name_are_refused(vocabulary: Vocabulary) -> None:
    class Sampling(Part):
        """Something else."""

    class Whisper(Verb):
        """Writes a column in small letters."""

        verb: ClassVar[str] = "whisper"
        whisper: str
        sampling: Sampling = Sampling()

    Whisper.model_rebuild(_types_namespace={"Sampling": Sampling})
    with pytest.raises(Trouble, match="Two models are called Sampling"):
        recipe_schema(Vocabulary({**vocabulary.verbs, "whisper": Whisper}, {}, {}))


def test_the_published_schema_is_read_where_it_covers_the_vocabulary(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    marked = {**recipe_schema(vocabulary), "title": "read from the file"}
    (tmp_path / FILE).write_text(json.dumps(marked), encoding="utf-8")
    assert schema_for(vocabulary, tmp_path) == marked
    assert schema_for(vocabulary, None) == recipe_schema(vocabulary)
    fewer = Vocabulary(vocabulary.verbs, vocabulary.filters, {}, vocabulary.backends)
    assert schema_for(fewer, tmp_path) == recipe_schema(fewer)
    other = Vocabulary(
        {**vocabulary.verbs, "set": Shout}, vocabulary.filters, vocabulary.formats, ()
    )
    assert schema_for(other, tmp_path) == recipe_schema(other)


@pytest.mark.parametrize(
    "more",
    [
        {"params": {"size": 3}, "rows": "${params.size}"},
        {"params": {"warm": 0.5}, "seed": "${ params.warm }"},
        {"params": {"tags": ["a"]}, "tags": "${params.tags}"},
        {"extends": "base", "rows": None, "budget": None, "models": {"judge": None}},
    ],
)
def test_a_parameter_or_what_is_removed_fits(schema: dict[str, Any], more: dict[str, Any]) -> None:
    assert messages(schema, recipe({"dedup": "answer"}, **more)) == []


@pytest.mark.parametrize(
    "more", [{"rows": None}, {"models": {"judge": None}}, {"budget": None}, {"rows": "${size}"}]
)
def test_null_and_other_texts_fit_nothing_else(
    schema: dict[str, Any], more: dict[str, Any]
) -> None:
    assert len(messages(schema, recipe({"dedup": "answer"}, **more))) == 1


def test_our_own_check_reads_what_the_models_say(schema: dict[str, Any]) -> None:
    assert settled(schema)["properties"]["seed"]["type"] == "integer"
    assert whole(schema)["properties"]["rows"]["type"] == ["integer", "string"]
    assert whole(schema)["$defs"]["Budget"]["type"] == "object"
