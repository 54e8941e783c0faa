"""What `sofrito plan` prints for people."""

import unicodedata
from collections.abc import Iterator

import click

from sofrito.cli.models import VERDICTS
from sofrito.cli.plan_grid import grid_lines
from sofrito.cli.progress import duration
from sofrito.cli.table import aligned, compact, several
from sofrito.export.forecast import Forecast
from sofrito.run.cost import dollars, spelled
from sofrito.run.sketch import Sketch


def plan_lines(told: Forecast, width: int) -> Iterator[str]:
    """Yield the lines of a plan, for a terminal of so many columns."""
    recipe = told.recipe
    name = click.style(recipe.recipe, bold=True)
    yield from (
        one.rstrip()
        for one in _wrapped(f"{name}  ", len(recipe.recipe) + 2, _visible(recipe.title), width)
    )
    yield ""
    facts = list(_facts(told))
    label = max(len(name) for name, _ in facts)
    for name, text in facts:
        yield from _wrapped(
            f"{click.style(name.ljust(label), fg='cyan')}  ", label + 2, text, width
        )
    yield ""
    yield from _steps(told, width)
    for warning in warnings(told):
        yield ""
        yield from _wrapped(click.style("note: ", fg="yellow"), 6, warning, width)
    grid = grid_lines(told.cells, told.axes, width)
    if grid:
        yield from ("", _title("coverage"), *grid)
    for number, sketch in enumerate(told.prompts, 1):
        yield from ("", *_prompt(told, sketch, number, width))
    yield from ("", _title("reaches"), *_reached(told, width))


def _title(text: str) -> str:
    return click.style(text, bold=True)


def _wrapped(head: str, indent: int, text: str, width: int) -> Iterator[str]:
    """Yield a text broken at spaces, a longer word at a `/`, each line after the first one indented."""
    line, room = "", max(width - indent, 20)
    for word in text.split():
        for part in _parts(word, room):
            if line and (part is not word or len(click.unstyle(f"{line} {part}")) > room):
                yield head + line
                head, line = " " * indent, part
            else:
                line = f"{line} {part}".strip()
    yield head + line


def _parts(word: str, room: int) -> Iterator[str]:
    """Yield a word that is no longer than the room, or the parts of it that are not."""
    while len(click.unstyle(word)) > room and word.isprintable():
        end = word.rfind("/", 1, room) + 1 or room
        yield word[:end]
        word = word[end:]
    yield word


def _facts(told: Forecast) -> Iterator[tuple[str, str]]:
    found, wanted = told.estimate, told.recipe.rows
    steps = found.steps
    of = f" of {wanted:,}" if wanted and found.rows < wanted else ""
    candidates = several(found.candidates, "candidate")
    yield "rows", f"{found.rows:,}{of}, from about {candidates}{_beyond(told)}"
    if not told.models:
        yield "calls", "none: no model is asked"
        yield from _checks(told)
        yield "basis", basis(told)
        return
    yield "calls", _calls(told)
    yield from _checks(told)
    if found.held:
        left = found.calls - found.held
        tail = f"{left:,} still to be asked" if left else "nothing is left to be asked"
        yield "journal", f"{found.held:,} of these calls are there; {tail}"
    read = sum(step.read + step.held_read for step in steps)
    written = sum(step.written + step.held_written for step in steps)
    yield "tokens", f"{compact(read)} read, {compact(written)} written"
    yield "cost", cost(told)
    yield "time", _time(told)
    yield "basis", basis(told)


def _beyond(told: Forecast) -> str:
    """Return why more candidates are begun than the first step takes rows of, "" if they are not."""
    steps = told.estimate.steps[len(told.unmade) :]
    taken = steps[0].entered if steps else 0
    if compact(taken) == compact(told.estimate.candidates) or not told.recipe.rows:
        return ""
    return f", of which the rows need about {compact(taken)}: the others are begun ahead"


def _checks(told: Forecast) -> Iterator[tuple[str, str]]:
    found, most = told.estimate, most_calls(told, checks=True)
    if not found.checks and (found.whole or most == 0):
        return
    never = "with no upper bound" if most is None else f"never more than {most:,}"
    around = "" if found.whole or most == found.checks else f", {never}"
    yield "checks", f"{found.checks:,}{around}, of programs or mathematics; no budget counts them"


def most_calls(told: Forecast, *, checks: bool) -> int | None:
    """Return the bound of all calls of models, or of all ``checks``; None where there is none."""
    steps = zip(told.estimate.steps, told.bounds, strict=True)
    most = [bound.calls for step, bound in steps if step.checks == checks]
    known = [calls for calls in most if calls is not None]
    return sum(known) if len(known) == len(most) else None


def _calls(told: Forecast) -> str:
    found = told.estimate
    around = f" ({found.low:,} to {found.high:,})" if found.low < found.high else ""
    if told.estimate.whole:
        return f"{found.calls:,}"
    limit, whole = told.recipe.budget.calls, most_calls(told, checks=False)
    if limit is not None and (whole is None or limit <= whole):
        return f"{found.calls:,}{around}; budget.calls allows {limit:,}"
    if whole is None:
        return f"{found.calls:,}{around}; the recipe sets no upper bound"
    return f"{found.calls:,}{around}; never more than {whole:,}"


def cost(told: Forecast) -> str:
    """Return what is still to be paid, and what is not known of it."""
    if all(tariff is not None and tariff.free for tariff in told.tariffs.values()):
        return "nothing: no model asked has a price"
    left = dollars(sum(step.usd for step in told.estimate.steps))
    unknown = [f"`{name}`" for name, tariff in told.tariffs.items() if tariff is None]
    words = left
    if unknown:
        words = f"not known for {' and '.join(unknown)}"
        if len(unknown) < len(told.tariffs):
            words = f"{left} and what is {words}"
    by = f", by {told.prices}" if told.prices else ""
    spent = spelled(told.costs)
    return words + by + (f"; {spent} is spent already" if spent and spent != dollars(0) else "")


def _time(told: Forecast) -> str:
    found = told.estimate
    if found.calls == found.held:
        return "no teacher is waited for"
    if not found.timed:
        return "not known: no call was timed"
    lanes = lanes_of(told)
    return f"about {duration(found.seconds)} with {several(lanes, 'call')} at once"


def guessed(told: Forecast) -> bool:
    """Say whether nothing was asked yet that tells how many calls there will be."""
    found = told.estimate
    steps = zip(found.seen, found.steps, told.bounds, strict=True)
    asking = [seen for seen, step, bound in steps if step.calls or bound.calls != 0]
    return not found.whole and not any(asking)


def basis(told: Forecast) -> str:
    """Return in words where the numbers are from."""
    found = told.estimate
    if found.whole:
        return "exactly: the journal has every call of this run" if told.models else "exactly"
    if guessed(told):
        return (
            "the recipe alone, as if no answer were rejected: which share is, nobody knows before "
            "a pilot (--pilot 8 asks the first 8 candidates); lengths are guesses"
        )
    never = sum(
        1 for seen, step in zip(found.seen, found.steps, strict=True) if not seen and step.calls
    )
    some = f"; {several(never, 'step')} never seen, with guesses (~)" if never else ""
    settled = several(found.settled, "candidate") if found.settled else "the first answers"
    whose = ", whose answers" if found.settled else " that"
    return f"by {settled}{whose} the journal has{some}"


def _steps(told: Forecast, width: int) -> Iterator[str]:
    heads = ["step", "rows"]
    if told.models:
        heads += ["calls", "at most", "read", "written"]
        heads += ["time"] * told.estimate.timed + ["cost"] * _priced(told)
    table = [_step(told, index)[: len(heads)] for index in range(len(told.steps))]
    yield from aligned([heads, *table], width=width)


def _priced(told: Forecast) -> bool:
    return any(tariff is None or not tariff.free for tariff in told.tariffs.values())


def _step(told: Forecast, index: int) -> list[str]:
    """Return the cells of a step, as far as any plan shows them."""
    found, bound = told.estimate, told.bounds[index]
    step, guess = found.steps[index], "" if found.seen[index] else "~"
    calls, most = (0, 0) if step.checks else (step.calls, bound.calls)
    row = [told.steps[index], *(_marked(guess, n) for n in (step.entered, calls))]
    row += [
        "no bound" if most is None else compact(most),
        _marked(guess, step.read + step.held_read),
        _marked(guess, step.written + step.held_written),
    ]
    if found.timed:
        row.append(duration(step.seconds / lanes_of(told)) if step.asked else "·")
    if _priced(told):
        row.append("unknown" if step.unpriced else dollars(step.usd) if step.usd else "·")
    return row


def lanes_of(told: Forecast) -> int:
    """Return how many calls are at once in the time that is told."""
    return max((one.lanes for one in told.speeds.values()), default=1)


def _marked(mark: str, number: float) -> str:
    text = compact(number)
    return text if text == "·" else mark + text


def warnings(told: Forecast) -> Iterator[str]:
    """Yield what should be thought about before the run."""
    found, recipe = told.estimate, told.recipe
    for name, calls in told.unmade.items():
        yield (
            f"the axis `{name}` is made first, by about {several(calls, 'call')}; names with "
            "numbers stand for its values until then"
        )
    yield from told.notes
    if recipe.rows and found.rows < recipe.rows and not found.whole:
        yield (
            f"only about {found.rows:,} of {recipe.rows:,} rows would come of it; "
            "see which step lets few rows through, or ask for a larger pilot"
        )
    budget = recipe.budget
    if budget.calls is not None and found.calls > budget.calls:
        yield f"budget.calls of {budget.calls:,} would stop the run: it needs about {found.calls:,}"
    tokens = sum(s.read + s.written + s.held_read + s.held_written for s in found.steps)
    if budget.tokens is not None and tokens > budget.tokens:
        yield f"budget.tokens of {budget.tokens:,} would stop the run: it needs about {compact(tokens)}"
    usd = sum(step.usd for step in found.steps) + sum(one.usd for one in told.costs)
    if budget.usd is not None and usd > budget.usd:
        yield f"budget.usd of {budget.usd:g} would stop the run: it costs about {dollars(usd)}"
    if budget.minutes is not None and found.timed and found.seconds > 60 * budget.minutes:
        yield f"budget.minutes of {budget.minutes:g} would stop a session of about {duration(found.seconds)}"
    for name, trouble in told.absent.items():
        yield f"`{name}` cannot be asked yet, so the journal was not looked at: {trouble.what} {trouble.fix or ''}"


def _prompt(told: Forecast, sketch: Sketch, number: int, width: int) -> Iterator[str]:
    where = f"{told.steps[sketch.step]}, candidate {sketch.candidate}"
    yield f"{_title(f'prompt {number} of {len(told.prompts)}')}  {where}"
    for message in sketch.messages:
        yield click.style(f"  {message.role}:", fg="cyan")
        text = _visible(message.content)
        for column in sketch.missing:
            text = text.replace(f"⟨{column}⟩", click.style(f"⟨{column}⟩", fg="yellow"))
        for line in text.split("\n"):
            if 4 + len(click.unstyle(line)) <= width:
                yield f"    {line}".rstrip()
                continue
            indent = 4 + len(line) - len(line.lstrip(" "))
            yield from _wrapped(" " * indent, indent, line, width)


def _visible(text: str) -> str:
    """Return a text with control characters spelt out: a recipe may be a stranger's."""
    return "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t" else c
        for c in text
    )


def _reached(told: Forecast, width: int) -> Iterator[str]:
    pairs: list[tuple[str, str]] = []
    for model in told.models:
        verdict = click.style(model.terms.verdict, fg=VERDICTS[model.terms.verdict])
        licence = f"; licence {model.license}" if model.license else ""
        why = f"; accepted because {model.accepted}" if model.accepted else ""
        terms = f"training on its outputs: {verdict}, {model.terms.words}{why}"
        pairs.append((f"model {model.name}", f"{model.what}{licence}; {terms}"))
    if told.recipe.license:
        pairs.append(("licence", f"{told.recipe.license}, as is what it brings"))
    away = [host for host in told.hosts if not host.local]
    if not away:
        pairs.append(
            (
                "hosts",
                "none beyond this machine" if told.hosts else "none: nothing leaves this process",
            )
        )
    for host in told.hosts:
        here = ", this machine" if host.local else ""
        pairs.append(("host", f"{host.url}{here} (for {', '.join(host.models)})"))
    groups: dict[str, list[str]] = {}
    for file in told.files:
        groups.setdefault(file.what, []).append(file.path)
    pairs += [(what, ", ".join(paths)) for what, paths in groups.items()]
    label = max(len(name) for name, _ in pairs)
    for name, text in pairs:
        yield from _wrapped(
            f"  {click.style(name.ljust(label), fg='cyan')}  ", label + 4, text, width
        )
