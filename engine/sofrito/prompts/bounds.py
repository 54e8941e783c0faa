"""What rendering a prompt may take before the run stops: it depends on the machine, so no row fails."""

SECONDS = 10
"""Seconds of processor time for one prompt."""

MEGABYTES = 128
"""Growth of the memory of the process that renders."""
