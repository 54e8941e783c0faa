"""What the JSON Schema says of recipes that extend others, and of values that are parameters'."""

from sofrito.recipe.schema_models import Schema

_FILE = "recipe"


def extensible(root: Schema) -> Schema:
    """Return a recipe's schema in which one that extends another needs only what is its own."""
    own = [key for key in root["required"] if key == _FILE]
    rest = [key for key in root["required"] if key != _FILE]
    steps = root["properties"]["steps"]
    by_name = {
        **steps,
        "type": ["array", "object"],
        "additionalProperties": {"type": ["object", "null"]},
    }
    return {
        **root,
        "required": own,
        "properties": {**root["properties"], "steps": by_name},
        "if": {"type": "object", "required": ["extends"]},
        "then": {},
        "else": {"required": rest, "properties": {"steps": {"type": "array"}}},
    }


def whole(schema: Schema) -> Schema:
    """Return the schema of a recipe that what it extends is merged into."""
    if "else" not in schema:
        return schema
    rest = schema["else"]
    steps = {**schema["properties"]["steps"], **rest["properties"]["steps"]}
    steps.pop("additionalProperties", None)
    kept = {key: one for key, one in schema.items() if key not in ("if", "then", "else")}
    return {
        **kept,
        "required": [*schema["required"], *rest["required"]],
        "properties": {**schema["properties"], "steps": steps},
    }
