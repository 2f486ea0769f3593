"""What is done at JumpCloud? A custom application gets identity management and user groups."""

from api.admin.providers.guides import ByPortal, Field, Given, form, guide, step

GUIDE = guide(
    "JumpCloud",
    step(
        "Add the application",
        "In the JumpCloud admin portal, open **SSO Applications** and add a **Custom"
        " Application**, or open the custom SAML application that there is: JumpCloud keeps SCIM"
        " within such an application.",
    ),
    step(
        "Enter the base URL and the token",
        "On the tab **Identity Management**:",
        form(
            Field("SCIM Version", "**SCIM 2.0**"),
            Field("Base URL", Given.BASE_URL),
            Field("Token Key", Given.TOKEN),
            Field(
                "Test User Email",
                "An address that no account has",
                "The test creates a user with it, and deletes the user again",
            ),
            Field(
                "Enable management of User Groups and Group Membership in this application",
                "Tick it, if groups are to come",
            ),
        ),
        "Press **Test Connection**. Once it succeeds, press **Activate**, then **Save**. The test"
        " also creates a group, and deletes it.",
    ),
    step(
        "Give the application to groups",
        "On the tab **User Groups**, tick the groups whose people are to have access, and press"
        " **Save**. JumpCloud sends people by their groups alone.",
        ByPortal("The groups come with them, so that roles can be mapped to them.", ""),
        "Empty groups are not sent. Where a group is taken away from the application, its members"
        " are deactivated, unless another group of the application has them.",
    ),
)
