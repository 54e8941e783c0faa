"""Sofrito turns a YAML recipe into a training dataset for language models."""

__version__ = "0.1.0"
