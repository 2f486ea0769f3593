"""What is done at Google Workspace? Only an entry of its catalogue can be pointed here."""

from api.admin.providers.guides import Field, Given, form, guide, step

GUIDE = guide(
    "Google Workspace",
    step(
        "Choose a way",
        "The sure way is another provider in between, which takes its people from Google Workspace"
        " and pushes them here by its own guide.",
        "A few entries of the catalogue ask for any endpoint URL, and others have used them for"
        " services of their own: **Keeper Web (SAML)** is one. It is made for another product, so"
        " that Google may change it at any time. Let the connection observe first, if you try it.",
    ),
    step(
        "Add the entry of the catalogue",
        "In the Google Admin console, open **Apps → Web and mobile apps → Add App → Search for"
        " apps**, and add the entry as a SAML application. Under **User access**, switch it on for"
        " the people who are to have access.",
    ),
    step(
        "Enter the endpoint URL and the access token",
        "In the application, under **Auto-provisioning**, press **Configure autoprovisioning**.",
        form(
            Field("Access token", Given.TOKEN),
            Field("Endpoint URL", Given.BASE_URL),
            Field(
                "Attribute mapping",
                "The primary e-mail as `userName`, and as the e-mail",
                "Leave what the entry asks for beyond",
            ),
            Field(
                "Provisioning scope",
                "The groups whose people are to have access",
                "It limits the people; a role comes from the rule of the connection",
            ),
            Field(
                "Deprovisioning",
                "Tick every occasion, **within 24 hours**",
                "Unticked actions leave leavers their access",
            ),
        ),
        "Press **Finish**, and switch **Autoprovisioning** to active. People are synced every few"
        " hours.",
    ),
    limits=(
        "Google Workspace provisions to the applications of its own catalogue alone, and Muster is"
        " not among them. A custom SAML application has no auto-provisioning."
    ),
)
