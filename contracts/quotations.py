"""What of a request may the text of an error quote? It may quote names that administrators give.

The text is read by others than the person who asked, in logs of pipelines and in tickets. Anything
may have been typed in the place of anything: the address of a person where a connection is meant.
"""

import re
from collections.abc import Iterable

MASK = "'…'"

WORD = re.compile("[a-z0-9:-]{1,80}")
"""The form of ids of connections, of the words of closed choices, and of brakes."""

LONGEST_NAME = 200
"""Characters. No workspace and no policy has a longer name."""

ID = re.compile("[0-9a-f]{32}")
"""The form of the ids that Muster gives to users."""


def quoted_word(text: str) -> str:
    """Return a text in quotation marks, if it may be a connection or a choice, else an ellipsis."""
    return repr(text) if WORD.fullmatch(text) else MASK


def quoted_name(text: str) -> str:
    """Return a text in quotation marks, if it may be the name of a workspace, policy or group.

    Such a name may be any text of up to 200 characters. An address is no such name.
    """
    return repr(text) if "@" not in text and len(text) <= LONGEST_NAME else MASK


def quoted_ids(texts: Iterable[str]) -> str:
    """Return those of the texts that are ids, with commas between, and an ellipsis for others."""
    return ", ".join(sorted({it if ID.fullmatch(it) else "…" for it in texts}))
