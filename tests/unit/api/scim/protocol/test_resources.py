"""Do the models say and keep what they should? Their docstrings reach the wire, and so do types."""

import pytest

from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import ScimUser

DESCRIPTIONS = {
    "urn:ietf:params:scim:schemas:core:2.0:User": "A person, as the provider pushed it.",
    "urn:ietf:params:scim:schemas:core:2.0:Group": "Group",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "The enterprise extension.",
}


@pytest.mark.parametrize("urn", DESCRIPTIONS)
def test_a_schema_is_described_in_the_words_that_were_published(urn: str) -> None:
    described = {str(it.id): it.description for it in scim_provider(Limits()).schemas}
    assert described[urn] == DESCRIPTIONS[urn]


TYPED = ["addresses", "emails", "entitlements", "ims", "phoneNumbers", "photos", "roles"]


@pytest.mark.parametrize("attribute", TYPED)
@pytest.mark.parametrize("type_", ["", "0", "Dienstlich", "work"])
def test_a_user_is_copied_whatever_the_types_of_the_entries(attribute: str, type_: str) -> None:
    user = ScimUser.model_validate({"userName": "ada", attribute: [{"type": type_}]})
    copied = user.model_copy(deep=True)
    assert copied.model_dump()[attribute] == [{"type": type_}]
