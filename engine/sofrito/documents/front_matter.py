"""The YAML that a Markdown file may begin with, which is about the text and no part of it."""

import json
import re

_KEY = re.compile(r"[A-Za-z_][\w .-]*:(?:\s|$)")
_WITHIN = (" ", "\t", "- ")
_TITLE = re.compile(r"^title:[ \t]*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"\s#.*")


def front_matter(text: str) -> int:
    """Return where a text begins behind its front matter: 0 where it has none.

    That is lines of YAML between `---` on the very first line and `---` or `...`. A rule at a text's
    head, with anything else below, is none.
    """
    at, keyed = text.find("\n") + 1, False
    if text[:at].rstrip() != "---":
        return 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].rstrip()
        if line in ("---", "..."):
            return end
        if _KEY.match(line):
            keyed = True
        elif line and line[0] != "#" and not (keyed and line.startswith(_WITHIN)):
            return 0
        at = end
    return 0


def front_title(front: str) -> str:
    """Return the title that a front matter says, "" where it says none on one line."""
    found = _TITLE.search(front)
    said = found[1] if found else ""
    if said[:1] == '"':
        try:
            read = json.loads(said[: said.rindex('"') + 1])
        except ValueError:
            return ""
        return str(read).strip()
    if said[:1] == "'":
        return said[1 : said.rindex("'")].replace("''", "'").strip()
    said = _COMMENT.sub("", said).strip()
    return "" if said[:1] in ("|", ">", "[", "{", "&", "*", "!", "#") else said
