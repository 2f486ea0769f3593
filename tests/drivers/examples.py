"""How many examples does a test try? A number of its own, times what the profile says.

The number is what finds a mistake in the code at each run. Hypothesis itself asks for a hundred
examples: a profile with ten times as many means ten times as many in every test.
"""

from hypothesis import settings

USUAL = 100


def examples(number: int) -> int:
    """Return how many examples a test tries in this run that usually tries so many."""
    return number * settings().max_examples // USUAL
