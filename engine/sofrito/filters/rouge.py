"""ROUGE-L between two texts, equal to the last bit to Google's rouge_score without its stemmer."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

_WORD = re.compile("[a-z0-9]+")


def rouge_tokens(text: str) -> list[str]:
    """Return the tokens that ROUGE compares: runs of a-z and 0-9 in the lower-cased text.

    Text in another script has no tokens, so ROUGE finds it similar to nothing.
    """
    return _WORD.findall(text.lower())


def rouge_f(common: int, first: int, second: int) -> float:
    """Return the F-measure of texts of ``first`` and ``second`` tokens, ``common`` of them shared.

    ``common`` counts the tokens of the longest common subsequence. Symmetric, 0.0 where nothing is
    shared. Written as rouge_score writes it, not as 2 * common / (first + second): they differ in
    the last bit, and a strict threshold sees it (7 of 9 and 11 tokens give 0.7000000000000001).
    """
    if not common:
        return 0.0
    precision, recall = common / first, common / second
    return 2 * precision * recall / (precision + recall)


def rouge_l(first: str, second: str) -> float:
    """Return ROUGE-L F of two texts, from 0.0 to 1.0; 0.0 where either has no tokens.

    Source: Lin, "ROUGE: a package for automatic evaluation of summaries", 2004, on whole texts.
    """
    # rapidfuzz compares words by their hashes and small numbers exactly.
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(token, len(numbers)) for token in rouge_tokens(first)]
    b = [numbers.setdefault(token, len(numbers)) for token in rouge_tokens(second)]
    return rouge_f(LCSseq.similarity(a, b), len(a), len(b))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What two texts need so that their F reaches ``threshold``, which is above 0 and at most 1.

    All lengths are in tokens and at least 1. Each bound is found by asking :func:`rouge_f`, so that
    no pair is lost to rounding.
    """

    threshold: float

    def least_common(self, first: int, second: int) -> int:
        """Return the fewest common tokens that suffice for two lengths.

        It is more than the shorter length where the lengths alone rule the pair out.
        """
        common = max(1, int(self.threshold * (first + second) / 2) - 1)
        while rouge_f(common, first, second) < self.threshold:
            common += 1
        return common

    def shortest(self, length: int) -> int:
        """Return the length of the shortest text that can reach the threshold with this one."""
        other = max(1, int(self.threshold * length / (2 - self.threshold)) - 1)
        while rouge_f(other, length, other) < self.threshold:
            other += 1
        return other

    def longest(self, length: int, common: int) -> int:
        """Return the length up to which ``common`` shared tokens suffice, 0 where they never do."""
        other = max(0, int(2 * common / self.threshold - length) + 1)
        while other and rouge_f(common, length, other) < self.threshold:
            other -= 1
        return other
