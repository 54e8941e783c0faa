"""Where the head of a template file ends: YAML between a first line `---` and the next one."""

LINE = "---"


def head_end(text: str) -> int | None:
    """Return how many lines the head of a file takes, its two marks included.

    0 for a file without a head, None for a head that has no end.
    """
    first, *lines = text.split("\n")
    if first.rstrip() != LINE:
        return 0
    end = next((at for at, line in enumerate(lines) if line.rstrip() == LINE), None)
    return None if end is None else end + 2


def without_head(text: str) -> str:
    """Return a template without its head, every line of it where it was in the file.

    A comment that writes nothing stands in for the head.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    end = head_end(text)
    if not end:
        return text
    body = "\n".join(text.split("\n")[end:])
    return "{#" + "\n" * end + "-#}" + body
