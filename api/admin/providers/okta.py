"""What is done at Okta? An app of its catalogue is added, connected, assigned and given groups."""

from api.admin.providers.guides import ByPortal, Exactly, Field, Given, form, guide, step

GUIDE = guide(
    "Okta",
    step(
        "Add the application",
        "In the Okta admin console, open **Applications → Applications** and press **Browse App"
        " Catalog**. Search for **SCIM 2.0 Test App (OAuth Bearer Token)**, select it, and press"
        " **Add Integration**.",
        form(
            Field(
                "Application label",
                Given.CONNECTION,
                "Any other name that your administrators recognise will do",
            ),
            Field(
                "Application visibility",
                "Tick **Do not display application icon to users**",
                "People do not sign in by it",
            ),
            Field("Sign-On Options", "Leave them as they are"),
            Field("Application username format", "**Email**", "It becomes the userName"),
            Field(
                "Update application username on",
                "**Create and update**",
                "A changed e-mail arrives then",
            ),
        ),
        "Press **Done**.",
    ),
    step(
        "Enter the base URL and the token",
        "On the tab **Provisioning**, press **Configure API Integration**, and tick **Enable API"
        " integration**.",
        form(
            Field("SCIM 2.0 Base Url", Given.BASE_URL),
            Field("OAuth Bearer Token", Given.TOKEN),
            Field(
                "Import Groups",
                "Leave it unticked",
                "People and groups come from Okta, not the other way round",
            ),
        ),
        "Press **Test API Credentials**. Once Okta says that they were verified, press **Save**.",
    ),
    step(
        "Switch provisioning on",
        "On **Provisioning → Settings → To App**, press **Edit** and enable:",
        form(
            Field("Create Users", "Enable"),
            Field("Update User Attributes", "Enable"),
            Field("Deactivate Users", "Enable", "Without it, leavers keep their access"),
            Field("Sync Password", "Leave it off", "Passwords are not kept"),
        ),
        "Press **Save**.",
    ),
    step(
        "Look at the attribute mappings",
        "Below the same page, under **Attribute Mappings**, the usual ones fit. These are read:",
        form(
            Field(
                "userName",
                "Set by the **Application username format**",
                "People are matched by it",
            ),
            Field("givenName, familyName", "`user.firstName`, `user.lastName`"),
            Field("email", "`user.email`", "It is the e-mail of the account"),
            Field("displayName", "`user.displayName`"),
        ),
    ),
    step(
        "Assign people and groups",
        "On the tab **Assignments**, press **Assign → Assign to Groups**, or **Assign to People**"
        " for single ones. Choose the people who are to have access, press **Assign**, then **Save"
        " and Go Back**, and **Done**. Okta sends them at once.",
    ),
    step(
        "Push a group of its own",
        "To assign a group sends its people, and not the group.",
        ByPortal(
            "Without a pushed group no role is mapped: everybody keeps the role of the rule.",
            "Groups are needed only where you want to see them here.",
        ),
        "On the tab **Push Groups**, press **Push Groups → Find groups by name**, choose a group,"
        " tick **Push group memberships immediately**, and press **Save**. Take another group than"
        " the assigned one: Okta does not support the same group for both. Okta pushes those"
        " members alone who are assigned.",
    ),
    step(
        "Instead of 1 and 2: an app of your own",
        "An app that the App Integration Wizard has made, with SAML or SWA, asks for the same in"
        " other words, once **SCIM** is chosen under **General → App Settings → Provisioning**:",
        form(
            Field("SCIM connector base URL", Given.BASE_URL),
            Field("Unique identifier field for users", Exactly("userName")),
            Field(
                "Supported provisioning actions",
                "Tick **Push New Users**, **Push Profile Updates** and **Push Groups**",
                "Leave both imports unticked",
            ),
            Field("Authentication Mode", "**HTTP Header**"),
            Field("Authorization", Given.TOKEN),
        ),
    ),
)
