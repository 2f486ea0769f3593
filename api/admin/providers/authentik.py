"""What is done at authentik? A SCIM provider is made, and stands behind an application."""

from api.admin.providers.guides import ByPortal, Field, Given, form, guide, step

GUIDE = guide(
    "authentik",
    step(
        "Create the provider",
        "In the admin interface, open **Applications → Providers**, create one, and select **SCIM"
        " Provider**.",
        form(
            Field("Name", Given.CONNECTION, "Any other name will do"),
            Field("URL", Given.BASE_URL),
            Field("Verify SCIM server's certificates", "On"),
            Field("Authentication Mode", "**Static token**, where it is asked for"),
            Field("Token", Given.TOKEN),
            Field("Enable dry-run mode", "Off"),
        ),
    ),
    step(
        "Choose people and mappings",
        "In the same form:",
        form(
            Field("Exclude service accounts", "On"),
            Field(
                "Group",
                "The group whose people are to have access",
                "A later change of it does not remove those who were sent before",
            ),
            Field("User Property Mappings", "**authentik default SCIM Mapping: User**"),
            Field("Group Property Mappings", "**authentik default SCIM Mapping: Group**"),
        ),
        "Look into the mapping of users, under **Customization → Property Mappings**: it has to"
        ' send `active`. If it does not, add a mapping that returns `{"active":'
        " request.user.is_active}`; without it, a deactivated user keeps the access until the user"
        " is deleted.",
    ),
    step(
        "Put the provider behind an application",
        "Open **Applications → Applications**, create or edit one, and add the provider to"
        " **Backchannel Providers**. Leave **Provider** to the sign-on, or empty.",
    ),
    step(
        "Synchronise",
        "Changes are sent as they happen, and everything once an hour. The page of the provider"
        " starts a synchronisation at once, and shows what came of the last.",
        ByPortal("Groups come with their members, so that roles can be mapped to them.", ""),
    ),
)
