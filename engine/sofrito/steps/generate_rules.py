"""What a `generate` step may not say: options that contradict each other, or that nothing hears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sofrito.problems import did_you_mean
from sofrito.recipe.answer_size import enough_tokens, least_tokens
from sofrito.recipe.fault import fault, swapped
from sofrito.recipe.words import either
from sofrito.steps.weighing import MASS
from sofrito.teachers.sampling import most_written

if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError

    from sofrito.steps.generate import Generate

    Faults = Iterator[PydanticCustomError]

_OF_SAMPLES = ("sampling", "n", "vary", "attempts", "truncated")
_EITHER = "Remove one of the two."
_TYPED = ("json", "json_list", "tags")
_MORE_TOKENS = "Write `sampling: {{max_tokens: {}}}` or more; or lower the {}."


def faults(step: Generate) -> Faults:
    """Yield what cannot be meant, as the errors that tell it."""
    yield from _of_prompt(step)
    yield from _of_turn(step)
    yield from _of_parse(step)
    yield from _of_lists(step)
    yield from _of_columns(step)
    yield from _of_sizes(step)
    yield from _of_stop(step)
    yield from _of_probabilities(step)
    yield from _of_vary(step)


def _of_prompt(step: Generate) -> Faults:
    if step.turn == "user" and step.raw:
        what = "`raw` goes on with a `prompt`, and `turn: user` has none"
        yield fault("clash", what, _EITHER, at="raw")
    elif step.turn == "user" and step.prompt:
        what = "`turn: user` takes no `prompt`: the teacher writes the user's message"
        fix = "Remove one of the two; who the user is may be said in `system`."
        yield fault("clash", what, fix, at="prompt")
    elif step.turn == "assistant" and not step.prompt.strip():
        fix = "Add what to ask: a text, or a template file such as `prompt: prompts/ask.j2`."
        yield fault("missing", "`generate` needs a `prompt`, or `turn: user`", fix)
    if step.raw and step.system:
        yield _no_system("system")


def _no_system(at: str) -> PydanticCustomError:
    what = "`raw` takes no `system`: without a chat template there is no such message"
    fix = "Write it at the beginning of the `prompt`, or remove `raw`."
    return fault("clash", what, fix, at=at)


def _of_turn(step: Generate) -> Faults:
    if step.turn != "user":
        return
    if step.kind != "text":
        what = f"`turn: user` writes one text, and `parse: {step.kind}` makes another thing"
        yield fault("clash", what, "Remove `parse`.", at="parse")
    if step.shots and not (step.system or (step.vary and step.vary.system)):
        what = "`shots` are seen by a template, and this step has none"
        fix = "Show them in a `system` message, or remove `shots`."
        yield fault("clash", what, fix, at="shots")


def _of_parse(step: Generate) -> Faults:
    kind = step.kind
    if kind in ("text", "boolean", "choice", "numbered_list") and len(step.generate) > 1:
        what = f"`parse: {kind}` makes one column, not {len(step.generate)}"
        fix = (
            "Write `parse: json` for several columns; `tags` and `json_list` make several as well."
        )
        yield fault("clash", what, fix, at="parse" if "parse" in step.model_fields_set else "")
    if step.truncated == "drop_last" and kind not in ("numbered_list", "json_list"):
        what = "`truncated: drop_last` needs a parse that makes a list"
        fix = "Write `reject` or `keep`; or `parse: numbered_list`."
        yield fault("clash", what, fix, at="truncated")
    if step.soft_labels and kind != "text":
        what = "`soft_labels` needs `parse: text`: they are of the answer as it was written"
        yield fault("clash", what, "Remove `parse` or `soft_labels`.", at="soft_labels")


def _of_lists(step: Generate) -> Faults:
    typed = step.schema_ and step.kind not in _TYPED
    if typed or (step.items and step.kind not in ("json", "json_list")):
        given = [key for key, value in (("items", step.items), ("schema", typed)) if value]
        kinds = "`parse: json_list`" if step.items else "`parse: json`, `json_list` or `tags`"
        verb = "needs" if len(given) == 1 else "need"
        what = f"{either(map('`{}`'.format, given), 'and')} {verb} {kinds}"
        fix = "Write `parse: json_list`." if step.items else "Write `parse: json`."
        yield fault("clash", what, fix, at=given[0])
    elif step.items and step.kind == "json":
        fix = "Write `parse: json_list`, which makes a row of each item; or remove `items`."
        yield fault("clash", "`items` needs `parse: json_list`", fix, at="items")
    if step.items and not step.items[1]:
        fix = "Such as `items: [1, 5]`."
        yield fault("never", "a list without items makes no row", fix, at="items")
    elif step.items and step.items[1] < step.items[0]:
        what = f"no list has at least {step.items[0]} and at most {step.items[1]} items"
        yield fault("never", what, swapped(*step.items, "items"), at="items")


def _of_columns(step: Generate) -> Faults:
    if step.reverse and (step.kind not in ("json", "json_list") or len(step.generate) < 2):
        what = "`reverse` needs `parse: json` or `json_list`, and several columns"
        yield fault("clash", what, "Remove it, or add what is missing.", at="reverse")
    if step.kind != "json" and any(kind.calls_of for kind in step.schema_.values()):
        yield fault("clash", "`calls_of` needs `parse: json`", "Write `parse: json`.", at="schema")
    for column in step.schema_:
        if column not in step.generate:
            what = f"`schema` has `{column}`, which this step does not generate"
            listed = f"It generates {either(map('`{}`'.format, step.generate), 'and')}."
            fix = did_you_mean(column, step.generate, otherwise=listed)
            yield fault("clash", what, fix, at=f"schema.{column}")


def _of_sizes(step: Generate) -> Faults:
    """Tell of columns and lists that must be longer than an answer may be."""
    if step.kind not in _TYPED:
        return
    longest = step.longest_answer() or most_written({})
    tokens = "token" + "s" * (longest != 1)
    at_most = f"and an answer has at most {longest:,} {tokens} (`max_tokens`)"
    for column, kind in step.schema_.items():
        least, text = kind.min_length or 0, kind.type == "string"
        size = {"characters" if text else "words": least}
        if least_tokens(**size) > longest:
            unit = "characters" if text else "items"
            what = f"`{column}` must have {least:,} {unit} or more, {at_most}"
            fix = _MORE_TOKENS.format(enough_tokens(**size), f"`min_length` of `{column}`")
            yield fault("never", what, fix, at=f"schema.{column}.min_length")
    items = step.items[0] if step.items and step.truncated != "drop_last" else 0
    if items > longest:
        what = f"an answer must have {items:,} items or more, {at_most}"
        fix = _MORE_TOKENS.format(enough_tokens(words=items), "least `items`")
        yield fault("never", what, fix, at="items")


def _of_stop(step: Generate) -> Faults:
    """Tell of texts at which no answer in JSON can end: each answer has them."""
    if step.kind not in ("json", "json_list"):
        return
    several = len(step.generate) > 1 or step.kind == "json"
    lists = {"[", "]"} if step.kind == "json_list" else set[str]()
    names = {f'"{name}"' for name in step.generate} if several else set[str]()
    sure = lists | names | ({"{", "}", ":"} if several else set[str]())
    for text in step.sampling.stop or ():
        if text and any(text in one for one in sure):
            what = f"every answer would be cut off: `parse: {step.kind}` cannot do without `{text}`"
            fix = "Remove it from `stop`: an answer in JSON ends by itself."
            yield fault("never", what, fix, at="sampling.stop")


def _of_probabilities(step: Generate) -> Faults:
    if not step.probabilities:
        return
    if step.kind not in ("boolean", "choice"):
        what = "`probabilities` needs `parse: boolean`, or a `choice`"
        fix = "Write `parse: {choice: [good, bad]}`, or remove `probabilities`."
        yield fault("clash", what, fix, at="probabilities")
    if step.raw:
        what = "`probabilities` are of an answer in a chat, and `raw` is none"
        yield fault("clash", what, _EITHER, at="raw")
    unheard = [key for key in _OF_SAMPLES if key in step.model_fields_set]
    if unheard:
        listed = either(map("`{}`".format, unheard), "and")
        what = f"`probabilities` samples no answer: {listed} cannot be heard"
        yield fault("clash", what, f"Remove {listed}.", at=unheard[0])
    if MASS in step.labels:
        what = f"`probabilities` has a field `{MASS}` of its own"
        yield fault("clash", what, "Rename that choice.", at="parse")
    twice = next((label for label in step.labels if step.labels.count(label) > 1), "")
    if twice:
        what = f"the choice `{twice}` stands there twice"
        yield fault("clash", what, "Remove one of them.", at="parse")


def _of_vary(step: Generate) -> Faults:
    if step.vary is None:
        if "as_" in step.model_fields_set:
            what = "`as` names the record of `vary`, and there is no `vary`"
            yield fault("clash", what, "Remove it.", at="as")
        return
    if not step.vary.options:
        what = "`vary` is empty: it needs an option with several values"
        yield fault("missing", what, "Such as `vary: {temperature: [0.3, 1.0]}`.", at="vary")
    own = {**step.sampling.chosen(), "model": step.model, "system": step.system}
    for option, values in step.vary.options.items():
        if own.get(option) not in (None, ""):
            what = f"`vary` has `{option}`, and the step says it as well"
            yield fault("clash", what, "Keep one of the two.", at=f"vary.{option}")
        if len(set(values)) < len(values):
            what = f"`vary` has the same `{option}` twice"
            yield fault("clash", what, "Remove one of them.", at=f"vary.{option}")
    if step.raw and step.vary.system:
        yield _no_system("vary.system")
