"""Runs the command line as `python -m sofrito`."""

from sofrito.cli import main

if __name__ == "__main__":
    main()
