"""Keeps texts that say something."""

import re
from typing import ClassVar

from sofrito.filters.base import Verdict
from sofrito.filters.one_text import OneText

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

_STOP_WORDS = """
a about above after again all almost along already also although always am among an and another
any anyway are aren't around as at away be because been before being below between both but by
can could did didn't do does doesn't doing don't done down during each either else enough etc
even ever every few for from further get gets getting got had hadn't has hasn't have haven't
having he her here hers herself hi him himself his how however i i'd i'll i'm i've if in indeed
into is isn't it it's its itself just least let let's like may maybe me might more most much must
my myself neither nor of off oh ok okay on once one only onto or other others ought our ours
ourselves out over own perhaps please quite rather really same shall she should shouldn't since so
some somehow still such than thank thanks that that's the their theirs them themselves then there
there's therefore these they they're they've this those though through thus to too under until up
upon us very via was wasn't we we'll we're we've well were weren't what what's when where whether
which while who whom whose why will with within without would wouldn't yet you you'd you'll
you're you've your yours yourself yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that say nothing by themselves. `yes`, `no`, `not` and numbers are answers."""


class Contentless(OneText):
    """Rejects a text of nothing but punctuation and stop words (WizardLM's third rule).

    An empty or null text is one. The stop words are English; `yes`, `no` and numbers are none.
    """

    filter: ClassVar[str] = "contentless"

    def fault(self, column: str, text: str) -> Verdict | None:
        """Look for a word that says something."""
        words = _WORD.findall(text.casefold().replace("’", "'"))
        if not STOP_WORDS.issuperset(words):
            return None
        return Verdict(False, "nothing is said", f"{column}: {text.strip()[:60]!r}")
