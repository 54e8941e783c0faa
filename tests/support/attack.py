"""Does to one process what hostile templates and expressions do, and says what came of it, as JSON.

Run with the folder of the templates and a JSON list of [name, "template" or "expression", text].
"""

import datetime
import json
import sys
from pathlib import Path
from typing import Any

from peak_memory import peak

from sofrito.problems import Trouble
from sofrito.prompts import Render, Templates
from sofrito.prompts.process import Process
from sofrito.recipe.expressions import ExpressionError, TemplateSyntaxError, expression
from sofrito.recipe.sources import TemplateSources

ROW: dict[str, Any] = {
    "text": "x",
    "number": 3,
    "row": {"a": 1},
    "rows": [{"x": 1}],
    "day": datetime.date(2026, 2, 3),
    "big": "y" * 100_000,
}


def template(templates: Templates, text: str) -> str:
    try:
        (made,) = templates.render([Render(text, ROW)], lambda _: "row 7")
    except Trouble as trouble:
        return f"the run stops: {trouble}"
    return made.words if isinstance(made, ExpressionError) else f"it renders {made[:40]!r}"


def evaluated(text: str) -> str:
    try:
        return f"it gives {str(expression(text)(ROW))[:40]!r}"
    except ExpressionError as error:
        return error.words
    except TemplateSyntaxError as error:
        return f"it is no expression: {error.message}"


def main() -> None:
    folder, attacks = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    process = Process(seconds=2)
    templates = Templates(TemplateSources(folder, shared=folder), process)
    words, most = {}, 0
    for name, kind, text in attacks:
        words[name] = template(templates, text) if kind == "template" else evaluated(text)
        most = max(most, peak(process.pid) if process.pid else 0)
    process.close()
    print(json.dumps({"words": words, "kilobytes": peak() + most}))


if __name__ == "__main__":
    main()
