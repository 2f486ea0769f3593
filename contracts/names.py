"""When are two names the same? The one comparison key of userNames, e-mails, groups and roles."""

import unicodedata
from functools import cache
from itertools import groupby
from re import Match, Pattern
from re import compile as compiled
from unicodedata import normalize

MOST_MARKS = 30
"""Combining marks in a row, as in the stream-safe format of Unicode (UAX 15, section 13). Longer
runs mean nothing in any language, and normalising one takes time by the square of its length."""

JOINER = "\u034f"
"""The combining grapheme joiner, over which normalisation moves no mark."""

BASIC_PLANE, LAST_MARK = 0x10000, 0x20000
"""Where the code points end that most texts are made of, and those that may be combining marks:
beyond lie ideographs and tags."""

UNSEEN = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters without width, which come along when a name is copied from somewhere."""

BLANKS = UNSEEN + "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""What counts for nothing around a name: spaces that break and that do not, and what is unseen."""

RARE = compiled("[\U00010000-\U0010ffff]")


def comparison_key(name: str) -> str:
    """Return the form under which a case-insensitive name is compared and stored.

    NFC, lower case, NFC again (lowering can undo the normal form), as scim2-models does for
    attributes that are not ``caseExact`` (RFC 7643 section 7). Keys are made here and stored in
    columns of their own; SQL never makes one, because databases disagree about ``lower()``. The
    time that it takes is proportional to the length of the name, whatever the name holds.
    """
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFC", stream_safe(name)).lower())


def trimmed(name: str) -> str:
    """Return a name without the blanks around it, be they seen or not."""
    return name.strip(BLANKS)


def name_key(name: str) -> str:
    """Return the form under which a name is the same, whatever blanks are around it.

    No two users of a connection have one userName in this form, no two groups one displayName, no
    two live accounts of a portal one e-mail; and by it a name is mapped to a role.
    """
    return comparison_key(trimmed(name))


def is_stream_safe(text: str) -> bool:
    """Say whether a text has no run of combining marks that is longer than any language needs."""
    return text.isascii() or _too_many_marks(text).search(text) is None


def stream_safe(text: str) -> str:
    """Return a text whose runs of combining marks are parted by joiners, as UAX 15 proposes."""
    return text if text.isascii() else _too_many_marks(text).sub(_parted, text)


def _parted(run: Match[str]) -> str:
    return run.group() + JOINER


def _too_many_marks(text: str) -> Pattern[str]:
    """Return what finds a run that goes on after so many marks: quicker where none is rare."""
    return _run_of_marks(LAST_MARK if RARE.search(text) else BASIC_PLANE)


@cache
def _run_of_marks(end: int) -> Pattern[str]:
    marks = (code for code in range(end) if unicodedata.combining(chr(code)))
    runs = groupby(enumerate(marks), key=lambda numbered: numbered[1] - numbered[0])
    ranges = [[code for _, code in run] for _, run in runs]
    listed = "".join(f"{chr(codes[0])}-{chr(codes[-1])}" for codes in ranges)
    # It begins with a single one, because a search then skips whatever cannot be the first.
    return compiled(f"[{listed}][{listed}]{{{MOST_MARKS - 1}}}(?=[{listed}])")
