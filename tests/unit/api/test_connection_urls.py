"""Does everything that names a connection by its URL name the same one?"""

import json

from api.connection_urls import base_url_of
from contracts.identity_changed import IdentityChanged, Profile, StoreTerms, Trace, encode
from contracts.rules import CreateEmployee


def test_a_base_url_is_built_on_the_public_url_with_or_without_a_slash() -> None:
    expected = "https://muster.test/scim/v2/acme-store"
    assert base_url_of("https://muster.test", "acme-store") == expected
    assert base_url_of("https://muster.test/", "acme-store") == expected


def test_the_source_of_an_event_is_the_base_url_of_its_connection() -> None:
    event = IdentityChanged(
        workspace="acme",
        connection="acme-store",
        identity="8f0c",
        version=5,
        active=True,
        ever_active=True,
        profile=Profile(user_name="ada"),
        terms=StoreTerms(on_create=CreateEmployee()),
        changed_at=5,
    )
    public_url = "https://muster.test/eu"
    sent = json.loads(encode(event, Trace(correlation_id="c"), public_url))
    assert sent["source"] == base_url_of(public_url, "acme-store")
