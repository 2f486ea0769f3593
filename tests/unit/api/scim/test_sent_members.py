"""Is an entry of members read as the library reads it? For whatever may be sent."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import Context, Group

from api.scim.limits import Limits
from api.scim.provider import scim_provider
from api.scim.sent_members import read_members, sent_of

NAMES = st.sampled_from(["value", "VALUE", "display", "type", "$ref", "$REF", "ref", "colour", ""])
VALUES = st.one_of(st.text(max_size=3), st.none(), st.integers(), st.lists(st.text(), max_size=1))
ENTRIES = st.one_of(st.dictionaries(NAMES, VALUES, max_size=4), st.text(max_size=2), st.none())


@given(sent=st.one_of(st.lists(ENTRIES, max_size=3), st.text(max_size=2), ENTRIES))
def test_what_is_read_is_what_the_library_reads(sent: Any) -> None:
    try:
        with scim_provider(Limits()):
            group = Group.model_validate(
                {"displayName": "Weavers", "members": sent},
                scim_ctx=Context.RESOURCE_CREATION_REQUEST,
            )
        expected = sent_of(group.members)
    except ValidationError:
        expected = None
    assert read_members(sent) == expected or sent is None
