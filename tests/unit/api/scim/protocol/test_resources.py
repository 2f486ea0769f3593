"""Do the published schemas say what they have always said? Docstrings of models reach the wire."""

import pytest

from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits

DESCRIPTIONS = {
    "urn:ietf:params:scim:schemas:core:2.0:User": "A person, as the provider pushed it.",
    "urn:ietf:params:scim:schemas:core:2.0:Group": "Group",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "The enterprise extension.",
}


@pytest.mark.parametrize("urn", DESCRIPTIONS)
def test_a_schema_is_described_in_the_words_that_were_published(urn: str) -> None:
    described = {str(it.id): it.description for it in scim_provider(Limits()).schemas}
    assert described[urn] == DESCRIPTIONS[urn]
