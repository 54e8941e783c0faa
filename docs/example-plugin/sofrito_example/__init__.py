"""A verb, a filter, a format and a backend for Sofrito."""
