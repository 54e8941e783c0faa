"""What conditions that are fulfilled leave of the numbers that columns can be."""

import math
from collections.abc import Iterator

from jinja2 import nodes

from sofrito.recipe.intervals import Interval, Ranges, interval, path_of

_MIRRORED = {"lt": "gt", "gt": "lt", "lteq": "gteq", "gteq": "lteq", "eq": "eq"}
_ALL = (-math.inf, math.inf)


def narrowed(part: nodes.Node, ranges: Ranges) -> dict[str, Interval]:
    """Return ``ranges`` as they are where a comparison is true; as they were if it never is.

    Names are added of which only the comparison tells that they are numbers. The least number above
    3 stands for what is greater than 3, and the greatest below it for what is smaller.
    """
    found = dict(ranges)
    if not isinstance(part, nodes.Compare):
        return found
    pairs = zip((part.expr, *(one.expr for one in part.ops)), part.ops, strict=False)
    for left, operand in pairs:
        for name, (low, high) in _sides(left, operand.op, operand.expr, found):
            least, most = found.get(name, _ALL)
            least, most = max(least, low), min(most, high)
            if least > most:
                return dict(ranges)
            found[name] = least, most
    return found


def _sides(
    left: nodes.Node, operator: str, right: nodes.Node, ranges: Ranges
) -> Iterator[tuple[str, Interval]]:
    """Yield each side that is a name, with what the other one leaves of it."""
    if operator == "in" and isinstance(right, nodes.List | nodes.Tuple) and path_of(left):
        items = [known for one in right.items if (known := interval(one, ranges))]
        if items and len(items) == len(right.items):
            yield path_of(left), (min(low for low, _ in items), max(high for _, high in items))
    for one, sign, other in (
        (left, operator, right),
        (right, _MIRRORED.get(operator, ""), left),
    ):
        if path_of(one) and sign in _MIRRORED and (known := interval(other, ranges)):
            yield path_of(one), _left(sign, *known)


def _left(operator: str, low: float, high: float) -> Interval:
    """Return the numbers of which a comparison with one between two can be true."""
    match operator:
        case "lt":
            return -math.inf, math.nextafter(high, -math.inf)
        case "lteq":
            return -math.inf, high
        case "gt":
            return math.nextafter(low, math.inf), math.inf
        case "gteq":
            return low, math.inf
    return low, high
