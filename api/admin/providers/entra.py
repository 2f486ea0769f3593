"""What is done at Microsoft Entra ID? An application is made, connected, scoped and started."""

from api.admin.providers.guides import ByPortal, Exactly, Field, Given, form, guide, step
from contracts.rules import Portal

GUIDE = guide(
    "Microsoft Entra ID",
    step(
        "Create the application",
        "In the Microsoft Entra admin center, open **Enterprise apps → New application → Create"
        " your own application**, and choose:",
        form(
            Field(
                "What's the name of your app?",
                Given.CONNECTION,
                "Any other name that your administrators recognise will do",
            ),
            Field(
                "What are you looking to do with your application?",
                "**Integrate any other application you don't find in the gallery (Non-gallery)**",
            ),
        ),
        "Press **Create**.",
    ),
    step(
        "Enter the tenant URL and the secret token",
        "Open **Provisioning** of the application, and begin a new configuration.",
        form(
            Field("Provisioning Mode", "**Automatic**, where it is asked for"),
            Field("Authentication method", "**Bearer authentication**, where it is asked for"),
            Field("Tenant URL", Given.BASE_URL),
            Field("Secret Token", Given.TOKEN),
        ),
        "Press **Test Connection**. Once it succeeds, press **Save** (or **Create**).",
        form(
            Field(
                "Notification Email",
                "An address that is read, under **Settings**",
                "Entra ID writes to it when it puts the application into quarantine",
            ),
        ),
    ),
    step(
        "Look at the mappings",
        "Under **Mappings**, both **Provision Microsoft Entra ID Users** and **Provision Microsoft"
        " Entra ID Groups** stay enabled, with Create, Update and Delete. The usual mappings fit;"
        " check these:",
        form(
            Field("userName", "`userPrincipalName`, the matching attribute"),
            Field(
                "active",
                '`Switch([IsSoftDeleted], , "False", "True", "True", "False")`',
                "Without it, leavers keep their access",
            ),
            Field('emails[type eq "work"].value', "`mail`"),
            Field("name.givenName, name.familyName", "`givenName`, `surname`"),
            Field("displayName", "`displayName`, of people and of groups"),
            Field("externalId", "`objectId`", "It is safest, because it never changes"),
        ),
    ),
    step(
        "Choose the scope, and assign people and groups",
        form(
            Field("Scope", "**Sync only assigned users and groups**, under **Settings**"),
        ),
        "Then add them under **Users and groups**. Members of nested groups are not sent by Entra"
        " ID.",
        ByPortal(
            "Assigned groups are pushed with their people, so that roles can be mapped to them. A"
            " group of its own for each role keeps that clear.",
            "",
        ),
    ),
    step(
        "Map app roles, if roles are to come without groups",
        "In **App registrations → App roles**, make a role whose **Display name** and **Value**"
        " are the same word, and assign it under **Users and groups**: one role to each person,"
        " because Entra ID sends any one of several. Then press **Add New Mapping** among the"
        " mappings of users:",
        form(
            Field("Mapping type", "**Expression**"),
            Field("Expression", Exactly("SingleAppRoleAssignment([appRoleAssignments])")),
            Field("Target attribute", Exactly('roles[primary eq "True"].value')),
        ),
        "The rules of the connection map the word to a role, as they map the name of a group. It"
        " takes the scope **Sync only assigned users and groups**.",
        only=Portal.DASHBOARD,
    ),
    step(
        "Try it with one person",
        "Under **Provision on demand**, choose a person, and press **Provision**. The person"
        " arrives here within seconds. A group can be tried with up to five of its members; app"
        " roles do not come that way.",
    ),
    step(
        "Start provisioning",
        "On **Overview**, press **Start provisioning**. The first cycle sends everybody in the"
        " scope; afterwards, changes come about every 40 minutes.",
    ),
)
