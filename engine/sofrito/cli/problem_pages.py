"""What each diagnostic code means: its page in the docs, and `sofrito explain` in the terminal."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, indent

import click

from sofrito.cli.problems import rendered, source_line
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import Problem, RecipeError
from sofrito.problems.codes import CODES, completed
from sofrito.recipe.read import read_recipe

FOLDER = "problems"
_WIDTH = 100
_LAYERS = {
    "SOF0": "The file",
    "SOF1": "The structure",
    "SOF2": "The meaning",
}
_INTRODUCTION = """\
# Problems of recipes

`sofrito validate` tells every problem of a recipe at once, each with a code that never changes its
meaning. `sofrito explain CODE` prints what stands here. The pages are generated from
`engine/sofrito/problems` by `sofrito schema --write`."""

Part = tuple[str, str]


def write_pages(docs: Path) -> Path:
    """Write a page for each code, and an index of them, below the docs; return their folder."""
    folder = docs / FOLDER
    folder.mkdir(exist_ok=True)
    pages = published_pages()
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def published_pages() -> dict[str, str]:
    """Return the texts of the pages and of their index, by the names of their files."""
    return {"README.md": _index(), **{f"{name}.md": page(name) for name in CODES}}


def page(name: str) -> str:
    """Return the page of a code, as Markdown."""
    blocks = {"heading": "## {}", "yaml": "```yaml\n{}\n```", "answer": "```text\n{}\n```"}
    parts = [f"# {name}: {CODES[name].title.rstrip('.')}"]
    for kind, text in explanation(name):
        flowing = fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        parts.append(blocks[kind].format(text) if kind in blocks else flowing)
    return "\n\n".join(parts) + "\n"


def in_terminal(name: str) -> str:
    """Return the explanation of a code with colours, at most 80 columns wide."""
    parts = [click.style(f"{name}: {CODES[name].title}", bold=True)]
    for kind, text in explanation(name):
        if kind == "heading":
            parts.append(click.style(text, fg="blue", bold=True))
        elif kind == "text":
            parts.append(fill(text, 80, break_long_words=False, break_on_hyphens=False))
        else:
            parts.append(indent(text, "    "))
    return "\n\n".join(parts)


def explanation(name: str) -> Iterator[Part]:
    """Yield what there is to say of a code: headings, texts, YAML and the answer of `validate`."""
    code = CODES[name]
    yield "text", code.means
    yield "heading", "Why it matters"
    yield "text", code.why
    if code.wrong:
        yield "heading", "Example"
        yield "yaml", code.wrong.rstrip("\n")
        yield "answer", "\n".join(_answer(name)).rstrip("\n")
    yield "heading", "What to do instead"
    yield "text", code.instead
    if code.right:
        yield "yaml", code.right.rstrip("\n")


def problems_of(name: str, example: str, encoding: str = "utf-8") -> list[tuple[Problem, str]]:
    """Return what `validate` says of an example, each with its source line, in a file of its own."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "recipe.yaml"
        file.write_bytes(completed(CODES[name], example).encode(encoding))
        try:
            found = read_recipe(file, vocabulary(), environ={}).warnings
        except RecipeError as error:
            found = error.problems
        return [(problem, source_line(problem) or "") for problem in found]


def _answer(name: str) -> Iterator[str]:
    code = CODES[name]
    for problem, line in problems_of(name, code.wrong, code.encoding):
        where = replace(problem.where, file=Path("recipe.yaml"))
        yield click.unstyle(rendered(replace(problem, where=where), line))


def _index() -> str:
    lines = [_INTRODUCTION]
    for layer, title in _LAYERS.items():
        lines.append(f"## {title}")
        named = (name for name in CODES if name.startswith(layer))
        lines.append("\n".join(f"- [{name}]({name}.md): {CODES[name].title}" for name in named))
    return "\n\n".join(lines) + "\n"
