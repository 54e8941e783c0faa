"""What went wrong, as data: code below the command line collects it, the command line renders it."""

from sofrito.problems.problem import Problem, RecipeError, Severity, Span
from sofrito.problems.suggest import did_you_mean, near_file, slip_of
from sofrito.problems.trouble import Trouble

__all__ = [
    "Problem",
    "RecipeError",
    "Severity",
    "Span",
    "Trouble",
    "did_you_mean",
    "near_file",
    "slip_of",
]
