"""Is an entry of members read as the library reads it? For whatever may be sent."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import Context, Group

from api.scim.members.sent import read_members, sent_of
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.tolerances import tolerate_resource

NAMES = st.sampled_from(["value", "VALUE", "display", "type", "$ref", "$REF", "ref", "colour", ""])
TEXTS = st.one_of(
    st.text(max_size=3), st.sampled_from(["User", "gROUP", '{"value": "u"}', '["u", "w"]'])
)
VALUES = st.one_of(TEXTS, st.none(), st.integers(), st.lists(st.text(), max_size=1))
ENTRIES = st.one_of(st.dictionaries(NAMES, VALUES, max_size=4), TEXTS, st.none())


@given(sent=st.one_of(st.lists(ENTRIES, max_size=3), TEXTS, ENTRIES))
def test_what_is_read_is_what_the_library_reads(sent: Any) -> None:
    body = tolerate_resource({"displayName": "Weavers", "members": sent})
    try:
        with scim_provider(Limits()):
            group = Group.model_validate(body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        expected = sent_of(group.members)
    except ValidationError:
        expected = None
    read = read_members(sent)
    if read is None and not _is_plain(sent):
        return  # the library is asked
    assert read == expected


def _is_plain(sent: Any) -> bool:
    """Say whether a list has the form that all have that are long."""
    return isinstance(sent, list) and all(
        isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())
        for entry in sent
    )
