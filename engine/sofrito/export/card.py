"""Writes the dataset card: the README.md that people read and the hub's loader obeys."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sofrito.export.facts import CardFacts
from sofrito.export.folder import DATASET
from sofrito.export.front import front_matter
from sofrito.export.part import Part
from sofrito.export.review import CSV, LINES, Reviewed, most_defective
from sofrito.export.tables import Reasons
from sofrito.formats import Type
from sofrito.recipe.model import Recipe

# Not ".": the loader names what it loads after the path's last part, and fails where it has none.
FOLDER = "path/to/folder"
_SHOWN = 20
_LONGEST = 300


def card(
    recipe: Recipe,
    facts: CardFacts,
    *,
    rows: int,
    parts: Sequence[Part],
    reasons: Reasons,
    notes: Sequence[str],
    real: int = 0,
    review: Reviewed | None = None,
) -> str:
    """Return the card's text, Markdown with a YAML head; the same for the same arguments.

    ``rows`` is the number of rows, ``real`` of those that were mixed in; ``reasons`` counts those
    that did not get in. ``review`` is the sample for an expert.
    """
    sections = [
        f"# {_line(recipe.title or recipe.recipe)}",
        recipe.description.strip(),
        _summary(recipe, facts, rows - real),
        _mixed(recipe, rows, real),
        "## Load it",
        *(_part(part) for part in parts),
        _beside(parts),
        *(("## Please note", "\n".join(f"- {_line(note)}" for note in notes)) if notes else ()),
        *(("## Expert review", _review(review)) if review else ()),
        "## How it was made",
        _models(facts),
        _accounting(facts),
        _counted(facts),
        "## What did not get in",
        _rejections(reasons),
        "## Versions",
        _table(("package", "version"), sorted(facts.versions.items())),
    ]
    body = "\n\n".join(section for section in sections if section)
    return f"{front_matter(recipe, rows, parts)}\n{body}\n"


def _summary(recipe: Recipe, facts: CardFacts, rows: int) -> str:
    fell_short = facts.wanted is not None and rows < facts.wanted
    wanted = f" of the {facts.wanted:,} that were asked for" if fell_short else ""
    text = (
        f"Synthetic data: {rows:,} row{'s' * (rows != 1)}{wanted}, made by the Sofrito recipe "
        f"`{recipe.recipe}` (fingerprint `{facts.fingerprint}`, seed {recipe.seed}). "
        "Language models wrote it: look at rows before you rely on them."
    )
    if recipe.license:
        text += (
            f" The recipe is under {_line(recipe.license)}; the terms of the models below hold "
            "for what they wrote."
        )
    return text


def _mixed(recipe: Recipe, rows: int, real: int) -> str:
    if not recipe.output.mix:
        return ""
    return (
        f"With them come {real:,} real rows of `{recipe.output.mix.real}`, "
        f"{real / max(rows, 1):.1%} of all {rows:,}; `provenance.parquet` has the `origin` of each, "
        "`real` or `synthetic`."
    )


def _review(review: Reviewed) -> str:
    none = most_defective(review.drawn, 0)
    text = (
        f"{review.drawn:,} of the {review.of:,} rows that were made are drawn for an expert, by the "
        f"recipe's seed: `{CSV}`, or `{LINES}`, with a `verdict` (`ok` or another word) and a `note` "
        f"to fill in; `provenance.parquet` marks them. If all {review.drawn:,} are `ok`, at most "
        f"{none:.2%} of such rows have a defect, with 95 % confidence."
    )
    if not review.judged:
        return f"{text} None has a verdict yet."
    most = most_defective(review.judged, review.judged - review.ok)
    return (
        f"{text} So far {review.judged:,} have a verdict, and {review.ok:,} of them are `ok`: at most "
        f"{most:.2%} have a defect (Clopper-Pearson, 95 %)."
    )


def _part(part: Part) -> str:
    first = next((split for split, rows in part.rows.items() if rows), "")
    lines = [f"### {part.name}", ""]
    if first:
        lines += [
            "```python",
            "from datasets import load_dataset",
            "",
            "# The folder of this file, or the name of its repository on the hub.",
            f'rows = load_dataset("{FOLDER}", "{part.name}", split="{first}")',
            "```",
            "",
        ]
    lines += [
        _table(("split", "rows"), [(split, f"{rows:,}") for split, rows in part.rows.items()]),
        "",
        _table(("field", "type"), [(k, _type(v)) for k, v in part.shape().items()]),
    ]
    if part.sample:
        shown = json.dumps(_shortened(part.sample), ensure_ascii=False, indent=2)
        lines += ["", "The first row:", "", "```json", shown, "```"]
    return "\n".join(lines)


def _beside(parts: Sequence[Part]) -> str:
    keys = sorted({f"`{part.key}`" for part in parts})
    return (
        f"`provenance.parquet` tells of every row, by its {' or '.join(keys)}, which calls made it "
        "and what it passed; `rejected.parquet` has the rows that did not get in, each with its "
        f"step and reason. Both lie beside `{DATASET}/`."
    )


def _models(facts: CardFacts) -> str:
    rows = [
        (
            f"`{model.name}`",
            "; ".join(f"{key}: {_scalar(model.identity[key])}" for key in sorted(model.identity)),
            model.license or "not known",
        )
        for model in facts.models
    ]
    if not rows:
        return "No model was asked."
    accepted = [
        f"The terms of `{model.name}` restrict training; they were accepted because: "
        f"{_line(model.accepted)}"
        for model in facts.models
        if model.accepted
    ]
    table = _table(("model", "identity", "licence"), rows)
    # how many there were depends on luck, and this file does not
    took = "How many calls and tokens that took, over all sessions, is in `manifest.json`."
    return "\n\n".join([table, *accepted, took])


def _accounting(facts: CardFacts) -> str:
    names = ("step", "in", "made", "out", "rejected", "failed", "joined", "surplus")
    counts = ("entered", *names[2:])
    rows = [(step.step, *(f"{getattr(step, count):,}" for count in counts)) for step in facts.steps]
    if not rows:
        return ""
    rule = "In every step, in + made = out + rejected + failed + joined + surplus."
    return f"{rule}\n\n{_table(names, rows)}"


def _counted(facts: CardFacts) -> str:
    rows = [(step.step, what, f"{n:,}") for step in facts.steps for what, n in step.counted.items()]
    if not rows:
        return ""
    return f"Steps counted on their way:\n\n{_table(('step', 'what', 'how often'), rows)}"


def _rejections(reasons: Reasons) -> str:
    if not reasons:
        return "Every row that was made got in."
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    rows = [(step, kind, reason, f"{count:,}") for (step, kind, reason), count in ranked[:_SHOWN]]
    table = _table(("step", "what", "why", "rows"), rows)
    more = sum(count for _, count in ranked[_SHOWN:])
    return f"{table}\n\nAnd {more:,} more, for rarer reasons." if more else table


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: object) -> str:
    return _line(str(value)).replace("\\", "\\\\").replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.split())


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _type(type_: Type) -> str:
    if isinstance(type_, list):
        return f"list of {_type(type_[0])}"
    if isinstance(type_, dict):
        return f"{{{', '.join(f'{name}: {_type(field)}' for name, field in type_.items())}}}"
    return "JSON text" if type_ in ("json", "any") else type_


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + "…"
    if isinstance(value, list):
        return [_shortened(item) for item in value[:5]]
    if isinstance(value, dict):
        return {name: _shortened(field) for name, field in value.items()}
    return value
