"""What is done at Keycloak? An extension is installed, which pushes what a realm does."""

from api.admin.providers.guides import ByPortal, Field, Given, form, guide, step

GUIDE = guide(
    "Keycloak",
    step(
        "Install the extension",
        "Put a release of `keycloak-scim` (mitodl/keycloak-scim on GitHub, under the AGPL) into"
        " `/opt/keycloak/providers/`, and restart Keycloak.",
    ),
    step(
        "Let it hear events",
        "In the realm, open **Realm settings → Events → Event listeners**, and add `scim`.",
    ),
    step(
        "Enter the base URL and the token",
        "Open **User federation**, and add a provider of the kind **scim**.",
        form(
            Field("UI display name", Given.CONNECTION, "Any other name will do"),
            Field("SCIM 2.0 endpoint", Given.BASE_URL),
            Field("Endpoint content type", "`application/scim+json`"),
            Field("Auth mode", "`BEARER`"),
            Field("Auth password/token", Given.TOKEN),
            Field("Enable user propagation", "On"),
            Field("Enable group propagation", "On, if groups are to come"),
            Field(
                "Enable import during sync",
                "Off",
                "People and groups come from Keycloak, not the other way round",
            ),
            Field(
                "Periodic full sync",
                "On, for example once a day",
                "It repeats what was not taken when it happened",
            ),
        ),
        "Press **Save**. There is no button that tests the connection: change a user, and look for"
        " the call here.",
    ),
    step(
        "Look at people and groups",
        "The extension sends every user of the realm, without assignments. A user name that is no"
        " e-mail is fine, as long as the user has an e-mail.",
        ByPortal("Groups come with their members, so that roles can be mapped to them.", ""),
    ),
    limits=(
        "Keycloak itself does not push over SCIM. An extension of third parties does, which has to"
        " fit your version of Keycloak."
    ),
)
