"""Lets `python -m sofrito.cli` be `sofrito`."""

from sofrito.cli import main

main()
