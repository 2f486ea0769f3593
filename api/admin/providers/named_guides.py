"""Which providers have a guide? Each has a name for options and URLs."""

from collections.abc import Mapping
from enum import StrEnum

from api.admin.providers import (
    authentik,
    entra,
    generic,
    google,
    jumpcloud,
    keycloak,
    okta,
    onelogin,
)
from api.admin.providers.guides import Guide


class Provider(StrEnum):
    """An identity provider with a guide, or any other that speaks SCIM."""

    OKTA = "okta"
    ENTRA = "entra"
    ONELOGIN = "onelogin"
    JUMPCLOUD = "jumpcloud"
    GOOGLE = "google"
    KEYCLOAK = "keycloak"
    AUTHENTIK = "authentik"
    GENERIC = "generic"


GUIDES: Mapping[Provider, Guide] = {
    Provider.OKTA: okta.GUIDE,
    Provider.ENTRA: entra.GUIDE,
    Provider.ONELOGIN: onelogin.GUIDE,
    Provider.JUMPCLOUD: jumpcloud.GUIDE,
    Provider.GOOGLE: google.GUIDE,
    Provider.KEYCLOAK: keycloak.GUIDE,
    Provider.AUTHENTIK: authentik.GUIDE,
    Provider.GENERIC: generic.GUIDE,
}
"""The guides in the order in which they are offered; a test holds them to be complete."""


def provider_named(word: str) -> Provider | None:
    """Return the provider with a name; None if there is no such provider."""
    return Provider(word) if word in set(Provider) else None
