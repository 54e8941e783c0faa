"""Names that templates and expressions have already, and that no column can bear."""

from collections.abc import Mapping

OWN: Mapping[str, str] = {
    "shots": "the examples of a prompt",
    "passed": "the rows that passed a filter",
    "params": "the recipe's parameters",
}
"""What Sofrito itself means by a name."""

_VALUES = {name: f"the value `{name.lower()}`" for one in ("true", "false", "none")
           for name in (one, one.capitalize())}  # fmt: skip

LANGUAGE: Mapping[str, str] = {
    "loop": "the turn of a `{% for %}`",
    "self": "the template itself",
    "super": "the block that another one stands for",
    "dict": "a function of templates",
    **dict.fromkeys(("caller", "varargs", "kwargs"), "what a macro is called with"),
    **_VALUES,
    **dict.fromkeys(
        ("and", "or", "not", "in", "is", "if", "else"), "what joins the parts of an expression"
    ),
}
"""What Jinja means by a name, somewhere or everywhere: a column called so could not be read there."""
