"""When are two names the same? Two names with one comparison key are the same everywhere."""

import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from re import Match, Pattern
from re import compile as compiled
from unicodedata import normalize

MOST_MARKS = 30
"""Combining marks in a row, as in the stream-safe format of Unicode (UAX 15, section 13). Longer
runs mean nothing in any language, and cost time by the square of their length."""

LONGEST_KEPT, MOST_KEPT = 320, 2_000
"""The length of the longest names whose keys are kept, the longest that an e-mail has, and the
number of those keys: a worker's batch of 200 identities asks for a key of each address a dozen
times, which took a tenth of its processor time."""

JOINER = "\u034f"
"""The combining grapheme joiner, over which normalisation moves no mark."""

END_OF_BASIC_PLANE, END_OF_MARKS = 0x10000, 0x20000
"""The end of the code points that most texts are made of, and of those that may be combining marks:
beyond lie ideographs and tags."""

INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters without width, which come along when a name is copied from elsewhere."""

BLANKS = INVISIBLE + "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""Characters that are ignored around a name: spaces, breaking or not, and invisible ones."""

BEYOND_BASIC_PLANE = compiled("[\U00010000-\U0010ffff]")


def comparison_key(name: str) -> str:
    """Return the form under which a case-insensitive name is compared and stored.

    NFC, lower case, NFC again (lowering can undo the normal form), as scim2-models does for
    attributes that are not ``caseExact`` (RFC 7643 section 7). Keys are computed here and stored in
    columns of their own; SQL never computes one, because databases disagree about ``lower()``. The
    time is proportional to the length of the name, whatever characters it has.
    """
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFC", stream_safe(name)).lower())


def trimmed(name: str) -> str:
    """Return a name without the blanks around it, visible or not."""
    return name.strip(BLANKS)


def name_key(name: str) -> str:
    """Return the comparison key of a name without the blanks around it.

    The key is unique among the userNames and among the displayNames of groups in a connection, and
    among the e-mails of live accounts in a portal. Names are mapped to roles by their keys.
    """
    return _kept_key(name) if len(name) <= LONGEST_KEPT else _key_of_trimmed(name)


def _key_of_trimmed(name: str) -> str:
    return comparison_key(trimmed(name))


_kept_key = lru_cache(MOST_KEPT)(_key_of_trimmed)


def is_stream_safe(text: str) -> bool:
    """Return whether no run of combining marks is longer than any language needs."""
    return text.isascii() or _long_run_pattern(text).search(text) is None


def stream_safe(text: str) -> str:
    """Return the text with a joiner after each 30 combining marks in a row, as UAX 15 proposes."""
    return text if text.isascii() else _long_run_pattern(text).sub(_with_joiner, text)


def _with_joiner(run: Match[str]) -> str:
    return run.group() + JOINER


def _long_run_pattern(text: str) -> Pattern[str]:
    """Return the pattern of a run that is too long, a quicker one for text of the basic plane."""
    beyond = BEYOND_BASIC_PLANE.search(text)
    return _long_run_before(END_OF_MARKS if beyond else END_OF_BASIC_PLANE)


@cache
def _long_run_before(end: int) -> Pattern[str]:
    """Return the pattern of ``MOST_MARKS`` marks before another one, all below a code point."""
    marks = (code for code in range(end) if unicodedata.combining(chr(code)))
    runs = groupby(enumerate(marks), key=lambda numbered: numbered[1] - numbered[0])
    ranges = [[code for _, code in run] for _, run in runs]
    listed = "".join(f"{chr(codes[0])}-{chr(codes[-1])}" for codes in ranges)
    # The pattern begins with a single mark, because a search then skips all other characters.
    return compiled(f"[{listed}][{listed}]{{{MOST_MARKS - 1}}}(?=[{listed}])")
