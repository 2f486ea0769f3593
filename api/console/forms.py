"""What did a visitor fill in? A form arrives as names and values, which are texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from api.admin.http.errors import UnusableValue
from api.console.errors import UnreadableForm

FORM_TYPE = "application/x-www-form-urlencoded"

NUL = "\0"

MOST_FIELDS = 30_000
"""Fields of a form; a mapping of ten thousand names has twice as many."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form. Several may have one name, as boxes that were ticked have."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field without blanks around it; an empty text where it is missing."""
        return self.values.get(name, [""])[-1].strip()

    def texts(self, name: str) -> Sequence[str]:
        """Return all values of a name, without blanks around them."""
        return [it.strip() for it in self.values.get(name, [])]

    def is_set(self, name: str) -> bool:
        """Return whether a box was ticked, or a button with the name was pressed."""
        return name in self.values


def form_in(body: bytes, content_type: str) -> Form:
    """Return the form in the body of a request.

    :raises UnreadableForm: when it has another form than browsers send.
    :raises UnusableValue: when it holds the character NUL, which not every database stores.
    """
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise UnreadableForm
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise UnreadableForm from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if NUL in name or NUL in value:
            raise UnusableValue
        values.setdefault(name, []).append(value)
    return Form(values)
