"""Prompt templates: found below the recipe or among the shared ones, rendered in Jinja's sandbox."""

from sofrito.prompts.templates import Render, Templates

__all__ = ["Render", "Templates"]
