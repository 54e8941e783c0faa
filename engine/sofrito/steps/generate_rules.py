"""What a `generate` step may not say: options that contradict each other, or that nothing hears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sofrito.problems import did_you_mean
from sofrito.recipe.words import either
from sofrito.steps.weighing import MASS

if TYPE_CHECKING:
    from sofrito.steps.generate import Generate

Fault = tuple[str, str] | tuple[str, str, dict[str, str]]
_OF_SAMPLES = ("sampling", "n", "vary", "attempts", "truncated")


def faults(step: Generate) -> Iterator[Fault]:
    """Yield what cannot be meant: the kind of fault ("missing", "clash", "never") and the words.

    Behind these may stand the key at fault, ``at``, and what to do, ``fix``.
    """
    yield from _of_prompt(step)
    yield from _of_turn(step)
    yield from _of_parse(step)
    yield from _of_lists(step)
    yield from _of_columns(step)
    yield from _of_probabilities(step)
    yield from _of_vary(step)


def _of_prompt(step: Generate) -> Iterator[Fault]:
    if step.turn == "user" and step.raw:
        yield "clash", "`raw` goes on with a `prompt`, and `turn: user` has none"
    elif step.turn == "user" and step.prompt:
        yield "clash", "`turn: user` takes no `prompt`: the teacher writes the user's message"
    elif step.turn == "assistant" and not step.prompt.strip():
        yield "missing", "`generate` needs a `prompt`, or `turn: user`"
    if step.raw and step.system:
        yield "clash", "`raw` takes no `system`: without a chat template there is no such message"


def _of_turn(step: Generate) -> Iterator[Fault]:
    if step.turn != "user":
        return
    if step.kind != "text":
        yield "clash", f"`turn: user` writes one text, and `parse: {step.kind}` makes another thing"
    if step.shots and not (step.system or (step.vary and step.vary.system)):
        yield "clash", "`shots` are seen by a template, and this step has none"


def _of_parse(step: Generate) -> Iterator[Fault]:
    kind = step.kind
    if kind in ("text", "boolean", "choice", "numbered_list") and len(step.generate) > 1:
        several = "json, json_list and tags make several"
        yield "clash", f"`parse: {kind}` makes one column, not {len(step.generate)}; {several}"
    if step.truncated == "drop_last" and kind not in ("numbered_list", "json_list"):
        yield "clash", "`truncated: drop_last` needs a parse that makes a list"
    if step.soft_labels and kind != "text":
        yield "clash", "`soft_labels` needs `parse: text`: they are of the answer as it was written"


def _of_lists(step: Generate) -> Iterator[Fault]:
    if (step.items or step.schema_) and step.kind not in ("json", "json_list"):
        yield "clash", "`items` and `schema` need `parse: json` or `json_list`"
    elif step.items and step.kind == "json":
        yield "clash", "`items` needs `parse: json_list`"
    if step.items and not step.items[1]:
        yield "never", "a list without items makes no row"
    elif step.items and step.items[1] < step.items[0]:
        yield "never", f"no list has at least {step.items[0]} and at most {step.items[1]} items"


def _of_columns(step: Generate) -> Iterator[Fault]:
    if step.reverse and (step.kind not in ("json", "json_list") or len(step.generate) < 2):
        yield "clash", "`reverse` needs `parse: json` or `json_list`, and several columns"
    if step.kind != "json" and any(kind.calls_of for kind in step.schema_.values()):
        yield "clash", "`calls_of` needs `parse: json`"
    for column in step.schema_:
        if column not in step.generate:
            what = f"`schema` has `{column}`, which this step does not generate"
            listed = f"It generates {either(map('`{}`'.format, step.generate), 'and')}."
            fix = did_you_mean(column, step.generate, otherwise=listed)
            yield "clash", what, {"at": f"schema.{column}", "fix": fix}


def _of_probabilities(step: Generate) -> Iterator[Fault]:
    if not step.probabilities:
        return
    if step.kind not in ("boolean", "choice"):
        yield "clash", "`probabilities` needs `parse: boolean`, or a `choice`"
    if step.raw:
        yield "clash", "`probabilities` are of an answer in a chat, and `raw` is none"
    unheard = [f"`{key}`" for key in _OF_SAMPLES if key in step.model_fields_set]
    if unheard:
        yield (
            "clash",
            f"`probabilities` samples no answer: {either(unheard, 'and')} cannot be heard",
        )
    if MASS in step.labels:
        yield "clash", f"`probabilities` has a field `{MASS}` of its own: rename that choice"
    if len(set(step.labels)) < len(step.labels):
        yield "clash", "a choice stands there twice"


def _of_vary(step: Generate) -> Iterator[Fault]:
    if step.vary is None:
        if "as_" in step.model_fields_set:
            yield "clash", "`as` names the record of `vary`, and there is no `vary`"
        return
    if not step.vary.options:
        yield "missing", "`vary` is empty: it needs an option with several values"
    own = {**step.sampling.chosen(), "model": step.model, "system": step.system}
    for option, values in step.vary.options.items():
        if own.get(option) not in (None, ""):
            yield "clash", f"`vary` has `{option}`, and the step says it as well: keep one"
        if len(set(values)) < len(values):
            yield "clash", f"`vary` has the same `{option}` twice"
    if step.raw and step.vary.system:
        yield "clash", "`raw` takes no `system`: without a chat template there is no such message"
