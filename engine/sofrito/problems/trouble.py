"""Trouble with the world around a recipe: a disk, a server, a missing package."""


class Trouble(Exception):
    """Something outside the recipe stops the work: ``what`` happened and the ``fix`` that mends it.

    Raised anywhere below the command line, which prints both and exits 1; it never means a bug.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what} {fix}".strip())
