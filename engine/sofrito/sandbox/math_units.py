"""The units that follow a number, so that 80 km/h is not 80 mph."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LENGTHS = {
    "km": "km kilometer kilometers kilometre kilometres",
    "m": "m meter meters metre metres",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "mile": "mi mile miles",
    "yard": "yd yds yard yards",
    "foot": "ft foot feet",
    "inch": "in inch inches",
}
_TIMES = {
    "second": "s sec secs second seconds",
    "minute": "min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "d day days",
    "week": "wk wks week weeks",
    "month": "month months",
    "year": "yr yrs year years",
}
_OTHERS = {
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "g": "g gram grams gramme grammes",
    "mg": "mg milligram milligrams",
    "ton": "ton tons tonne tonnes",
    "lb": "lb lbs pound pounds",
    "ounce": "oz ounce ounces",
    "liter": "l L liter liters litre litres",
    "ml": "ml mL milliliter milliliters millilitre millilitres",
    "gallon": "gal gallon gallons",
    "quart": "qt quart quarts",
    "pint": "pt pint pints",
    "cup": "cup cups",
    "teaspoon": "tsp teaspoon teaspoons",
    "tablespoon": "tbsp tablespoon tablespoons",
    "$": "$ dollar dollars USD",
    "cent": "\u00a2 cent cents",
    "\u20ac": "\u20ac euro euros EUR",
    "\u00a3": "\u00a3 GBP pound pounds",
    "\u00a5": "\u00a5 yen JPY",
    "\u20b9": "\u20b9 rupee rupees INR",
    "\u00b0C": "\u00b0C celsius",
    "\u00b0F": "\u00b0F fahrenheit",
    "mph": "mph",
    "km/h": "kmh kph kmph",
}


def _spelled(*tables: Mapping[str, str]) -> dict[str, frozenset[str]]:
    pairs = [
        (way, unit) for table in tables for unit, ways in table.items() for way in ways.split()
    ]
    return {way: frozenset(unit for one, unit in pairs if one == way) for way, _ in pairs}


UNITS = _spelled(_LENGTHS, _TIMES, _OTHERS)
"""What each spelling of a unit may mean: pounds are weight or money."""

SPELLED = "|".join(
    re.escape(way) for way in sorted(UNITS, key=len, reverse=True) if way not in ("in", "$")
)
"""Every spelling but `in`, which is mostly no inch, and `$`, which may end mathematics, as a pattern."""

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?"
MONEY = r"(?:\\\$|[\u20ac\u00a3\u00a5\u20b9]|\$(?=[^$]*$))"
"""The sign of a currency before a number; a dollar that another follows may begin mathematics."""

GAP = r"(?: |~|\$|\\\)|\\[,;:! ]|\^?{?\\circ}?|\\(?:text|textrm|mathrm|mbox) *{)*"
"""What may stand between a number and its unit."""

_WORD = rf"(?:{SPELLED}|in(?=\W*$|\^))(?![A-Za-z])"
_FRACTION = r"\\[dt]?frac *{(\d+)} *{(\d+)}"
_STATED = re.compile(
    rf"(?<![\w.,^])(?P<sign>{MONEY} ?)?(?<![\d.,^])(?P<number>{NUMBER}|{_FRACTION})"
    rf"(?:}}?{GAP}(?P<power>(?:square|sq|cubic|cu)\b\.? *)?(?P<unit>(?i:{_WORD})))?"
    rf"(?:}}?\^{{?(?P<raised>[23]))?"
    rf"(?:(?:}}| )*(?:/|\bper\b|\ban?\b){GAP}(?P<per>(?i:{_WORD})))?"
)
_POWERS = {"sq": "^2", "cu": "^3", "2": "^2", "3": "^3"}
_SPEEDS = {"km/hour": "km/h", "mile/hour": "mph"}


@dataclass(frozen=True)
class Unit:
    """What a unit as it is written may be, and, as an hour in `$5 an hour`, what it is per."""

    units: frozenset[str]
    per: frozenset[str] = frozenset()

    def clashes(self, other: "Unit") -> bool:
        """Say whether both are units, and cannot be the same."""
        pairs = ((self.units, other.units), (self.per, other.per))
        return any(one and two and not one & two for one, two in pairs)

    def __str__(self) -> str:
        return "/".join(" or ".join(sorted(some)) for some in (self.units, self.per) if some)


def meanings(spelled: str) -> frozenset[str]:
    """Return the units a spelling may mean; none where it is no unit."""
    return UNITS.get(spelled) or UNITS.get(spelled.lower(), frozenset())


def stated(text: str, value: float) -> Unit:
    """Return the unit beside the last writing of a number in a text; one of nothing where none is.

    ``text`` is `plain`. A speed has one unit, such as km/h.
    """
    for found in reversed(list(_STATED.finditer(text))):
        if abs(_value(found) - abs(value)) <= 1e-9 * max(1.0, abs(value)):
            return _meant(found)
    return Unit(frozenset())


def _value(found: re.Match[str]) -> float:
    over, _, under = found["number"].replace(",", "").partition("/")
    if found[3]:
        over, under = found[3], found[4]
    return float(over) / (float(under or 1) or 1)


def _meant(found: re.Match[str]) -> Unit:
    sign = (found["sign"] or "").strip(" \\")
    units, per = meanings(sign or found["unit"] or ""), meanings(found["per"] or "")
    if not units:
        return Unit(units)
    if per and units <= _LENGTHS.keys():
        pairs = [f"{length}/{time}" for length in units for time in per]
        return Unit(frozenset(_SPEEDS.get(pair, pair) for pair in pairs))
    power = _POWERS.get(found["raised"] or (found["power"] or "")[:2].lower(), "")
    return Unit(frozenset(unit + power for unit in units), per)
