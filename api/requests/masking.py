"""What does the request log show of a path, a query, an error? It shows known words and ids. Pure.

Numbers are shown where they stand alone. The rest may be the name or the address of a person, and
is shown as an ellipsis. That costs a few microseconds a request, after its answer has been sent.
"""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from urllib.parse import unquote_plus

from api.requests.known_words import ATTRIBUTES, KNOWN, METHODS, OPERATORS, PATHS

MASK = "…"

LONGEST = 500
"""Characters of a path, a query or a detail that are shown."""

MOST_PARTS = 4
"""Parts of a path that are shown; an endpoint has two."""

ID = re.compile("[0-9a-f]{32}")
"""The form of the ids that Muster gives to users and groups."""

OTHER_METHOD = "OTHER"
"""The word for a method that HTTP does not know: such a method may be any text."""

COUNT = re.compile("[0-9]{1,8}")
ALONE_AFTER = {"", " ", "(", "."}
"""The texts before a number that is no part of a name, as that of a line or of an entry."""

WORD = re.compile(r"\w+")
UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")
QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
TEXT_IN_QUERY, NO_TEXT = re.compile(rb'(?:%22|")[^&]*?(?:%22|")'), b"%22%22"
TEXT_IN_FILTER = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)')
SEVERAL_MASKS = re.compile(rf"{MASK}(?:[^\w'\" ]{{0,3}}{MASK})+")

IN_FILTERS = ATTRIBUTES | OPERATORS


def shown_method(method: str) -> str:
    """Return a known method, or ``OTHER_METHOD``."""
    return method if method in METHODS else OTHER_METHOD


def shown_path(path: str) -> str:
    """Return a path below a base URL: known parts and ids are shown, all others masked."""
    parts = path.split("/")[1 : 1 + MOST_PARTS]
    return "/" + "/".join(it if not it or it in PATHS or ID.fullmatch(it) else MASK for it in parts)


def resource_in(path: str) -> str | None:
    """Return the id that a path below a base URL, or the URL of a resource, ends with, if any."""
    last = path.rpartition("/")[2]
    return last if ID.fullmatch(last) else None


def shown_query(query: bytes) -> str:
    """Return a query with its filters' structure, and without their values.

    :param query: as it was sent, still encoded.
    """
    return _shown_shape(TEXT_IN_QUERY.sub(NO_TEXT, query[: 2 * LONGEST])) if query else ""


@lru_cache(maxsize=1_000)
def _shown_shape(query: bytes) -> str:
    """Return a query without its texts, as it is shown: most queries have one of few shapes."""
    pairs = query.decode("latin-1").split("&")[:10]
    return "?" + "&".join(_shown_parameter(*pair.partition("=")[::2]) for pair in pairs)[:LONGEST]


def shown_detail(detail: str) -> str:
    """Return the detail of an error, shortened, with unknown words, quoted or not, masked."""
    plain = UNPRINTABLE.sub(MASK, detail[:LONGEST])
    plain = QUOTED.sub(_shown_quotation, plain)
    return SEVERAL_MASKS.sub(MASK, _words_in(plain, KNOWN))


def _shown_parameter(name: str, value: str) -> str:
    match name:
        case "filter":
            return f"filter={_shown_filter(unquote_plus(value))}"
        case "attributes" | "excludedAttributes" | "sortBy" | "sortOrder":
            shown = _words_in(UNPRINTABLE.sub(MASK, unquote_plus(value)), IN_FILTERS)
            return f"{name}={SEVERAL_MASKS.sub(MASK, shown)}"
        case "startIndex" | "count":
            return f"{name}={value if COUNT.fullmatch(value) else MASK}"
        case "cursor":
            return f"cursor={MASK}"
        case _:
            return MASK


def _shown_filter(text: str) -> str:
    plain = UNPRINTABLE.sub(MASK, TEXT_IN_FILTER.sub(MASK, text))
    return SEVERAL_MASKS.sub(MASK, _words_in(plain, IN_FILTERS, numbers=False))


def _shown_quotation(quotation: re.Match[str]) -> str:
    inside = quotation[1] if quotation[1] is not None else quotation[2]
    is_known = all(word in KNOWN for word in WORD.findall(inside)) and MASK not in inside
    return quotation[0] if is_known else f"{quotation[0][0]}{MASK}{quotation[0][0]}"


def _words_in(text: str, known: AbstractSet[str], *, numbers: bool = True) -> str:
    """Return a text in which every word is masked that is not known."""

    def shown(word: re.Match[str]) -> str:
        stands_alone = text[word.start() - 1 : word.start()] in ALONE_AFTER
        is_number = numbers and stands_alone and COUNT.fullmatch(word[0])
        return word[0] if word[0] in known or is_number else MASK

    return WORD.sub(shown, text)
