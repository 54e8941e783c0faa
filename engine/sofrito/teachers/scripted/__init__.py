"""A teacher that answers from a script, for tests and dry runs."""
