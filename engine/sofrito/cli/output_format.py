"""The option --format, the same in every command that can print for machines."""

from collections.abc import Callable
from typing import Any

import click


def format_option(
    *more: str, help_: str = "What to print."
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--format text|json`, and more formats, to a command, which gets it as ``format_``."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json", *more]),
        default="text",
        show_default=True,
        help=help_,
    )
