"""What is done at OneLogin? A SCIM connector is added, connected and given to roles."""

from api.admin.providers.guides import ByPortal, Exactly, Field, Given, form, guide, step

TEMPLATE = (
    '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],'
    ' "userName": "{$parameters.scimusername}", "displayName": "{$user.display_name}",'
    ' "name": {"givenName": "{$user.firstname}", "familyName": "{$user.lastname}",'
    ' "formatted": "{$user.display_name}"},'
    ' "emails": [{"value": "{$user.email}", "type": "work", "primary": true}]}'
)

GUIDE = guide(
    "OneLogin",
    step(
        "Add the application",
        "In the OneLogin administration, open **Applications → Applications** and press **Add"
        " App**. Search for **SCIM Provisioner**, and select **SCIM Provisioner with SAML (SCIM v2"
        " Core)**.",
        form(
            Field(
                "Display Name",
                Given.CONNECTION,
                "Any other name that your administrators recognise will do",
            ),
        ),
        "Press **Save**, which shows the other tabs.",
    ),
    step(
        "Enter the base URL and the token",
        "On the tab **Configuration**, below **API Connection**:",
        form(
            Field("SCIM Base URL", Given.BASE_URL),
            Field("SCIM JSON Template", Exactly(TEMPLATE), "Groups are not part of it"),
            Field("SCIM Bearer Token", Given.TOKEN),
        ),
        "Press **Enable** beside **API Status**, which calls at once, then **Save**.",
    ),
    step(
        "Choose the parameters",
        "On the tab **Parameters**:",
        form(
            Field("scimusername", "**Email**", "It is the user name unless it is changed"),
            Field("Groups", "Tick **Include in User Provisioning**, if groups are to come"),
        ),
    ),
    step(
        "Switch provisioning on",
        "On the tab **Provisioning**:",
        form(
            Field("Enable provisioning", "Tick it"),
            Field(
                "Require admin approval before this action is performed",
                "Untick **Create user**, **Delete user** and **Update user**",
                "Each that is ticked waits until an administrator approves it, leavers too",
            ),
            Field(
                "When users are deleted in OneLogin, or the user's app access is removed",
                "**Suspend** or **Delete**",
                "With **Do Nothing**, leavers keep their access",
            ),
        ),
        "Press **Save**.",
    ),
    step(
        "Give the application to people",
        "On the tab **Access**, tick the roles whose people are to have access, and press"
        " **Save**. Look at **Users → Provisioning** for what was sent.",
    ),
    step(
        "Send groups for roles",
        ByPortal(
            "Without a group no role is mapped: everybody keeps the role of the rule.",
            "Groups are needed only where you want to see them here.",
        ),
        "On the tab **Rules**, add a rule whose action sets the groups in the application, for"
        " example from the roles of OneLogin.",
    ),
)
