"""What is done at a provider without a guide of its own? Its steps are in the words of SCIM."""

from api.admin.providers.guides import ByPortal, Field, Given, form, guide, step

GUIDE = guide(
    "Another provider",
    step(
        "Enter the base URL and the token",
        "In the settings of your provider for provisioning over **SCIM 2.0**:",
        form(
            Field("Base URL", Given.BASE_URL),
            Field("Bearer token", Given.TOKEN),
            Field("Authentication", "Bearer token, in the header `Authorization: Bearer …`"),
            Field("Users", "`/Users` behind the base URL"),
            Field("Groups", "`/Groups` behind the base URL"),
            Field("Content type", "`application/scim+json`"),
        ),
        "Use the button that tests the connection, if there is one.",
    ),
    step(
        "Map the attributes",
        form(
            Field(
                "userName",
                "The name by which people sign in and are matched: usually the e-mail",
            ),
            Field(
                "active",
                "Whether the person has access",
                "Without it, leavers keep their access",
            ),
            Field("emails, type work", "The e-mail of the account, if the userName is none"),
            Field("externalId", "The provider's own id, which never changes"),
        ),
    ),
    step(
        "Enable creating, updating and deactivating",
        "Enable all three, and choose whether leavers are deactivated or deleted: both take their"
        " access away, by the rules of the connection.",
    ),
    step(
        "Assign people, and push groups",
        "Assign the people who are to have access.",
        ByPortal(
            "For roles, push groups as well: without a pushed group no role is mapped by groups.",
            "Push groups where you want to see them here.",
        ),
    ),
)
