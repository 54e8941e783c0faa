"""The published JSON Schema as jsonschema reads it: the last word before a token is spent."""

from sofrito.problems import Problem
from sofrito.recipe.places import Places
from sofrito.recipe.schema_layers import whole
from sofrito.recipe.schema_models import Schema


def check_by_jsonschema(places: Places, schema: Schema) -> list[Problem]:
    """Return where a recipe does not fit its schema, each place once.

    The structure check finds the same, faster and in better words; what only this one finds is a
    gap of that check, and must not run.
    """
    from jsonschema import Draft202012Validator

    merged = whole(schema)
    plain = {**merged, "$defs": dict(merged["$defs"])}
    errors = Draft202012Validator(plain).iter_errors(places.data)
    paths = dict.fromkeys(tuple(error.absolute_path) for error in errors)
    fix = "Compare it with what `sofrito schema` prints; and tell us, this needs a better message."
    return [
        Problem(
            "SOF103", places.span(path), f"`{_shown(path)}` does not fit the recipe schema.", fix
        )
        for path in paths
    ]


def _shown(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "the recipe"
