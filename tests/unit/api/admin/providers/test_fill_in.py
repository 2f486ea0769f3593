"""Are the values of a connection filled into a guide, and is nothing left for other portals?"""

from api.admin.providers.fill_in import FilledField, Values, filled_in
from api.admin.providers.guides import ByPortal, Exactly, Field, Given, Guide, Step
from contracts.rules import Portal

URL = "https://muster.test/scim/v2/acme-store"


def values(portal: Portal) -> Values:
    """Return the values of a connection to a portal."""
    return Values("acme-store", portal, URL)


def test_each_field_has_its_value_and_a_token_has_none() -> None:
    fields = (
        Field("Base URL", Given.BASE_URL),
        Field("Token", Given.TOKEN, "It begins with muster_"),
        Field("Label", Given.CONNECTION),
        Field("Attribute", Exactly("`userName`")),
        Field("Groups", "Tick **them**"),
    )
    guide = Guide("Any", (Step("Enter", (fields,)),))
    [step] = filled_in(guide, values(Portal.STORE)).steps
    assert step.parts == (
        (
            FilledField("Base URL", URL, "", is_exact=True),
            FilledField("Token", None, "It begins with muster_", is_exact=False),
            FilledField("Label", "`acme-store`", "", is_exact=False),
            FilledField("Attribute", "`userName`", "", is_exact=True),
            FilledField("Groups", "Tick **them**", "", is_exact=False),
        ),
    )


def test_a_text_is_that_of_the_portal() -> None:
    both, one = ByPortal("Roles.", "None."), ByPortal("Roles.", "")
    guide = Guide("Any", (Step("Push", ("Push groups.", both, one)),))
    parts = {portal: filled_in(guide, values(portal)).steps[0].parts for portal in Portal}
    assert parts == {
        Portal.DASHBOARD: ("Push groups.", "Roles.", "Roles."),
        Portal.STORE: ("Push groups.", "None."),
        Portal.MDM: ("Push groups.", "None."),
    }


def test_a_step_may_be_for_one_portal_alone() -> None:
    guide = Guide("Any", (Step("Roles", (), only=Portal.DASHBOARD), Step("Start", ())), "Nothing.")
    titles = {
        portal: [step.title for step in filled_in(guide, values(portal)).steps] for portal in Portal
    }
    assert titles == {
        Portal.DASHBOARD: ["Roles", "Start"],
        Portal.STORE: ["Start"],
        Portal.MDM: ["Start"],
    }
    assert filled_in(guide, values(Portal.MDM)).limits == "Nothing."


def test_what_is_pasted_is_known() -> None:
    exact, token = (FilledField("", text, "", is_exact=True) for text in ("x", None))
    assert (exact.is_entered, token.is_entered) == (True, True)
    assert not FilledField("", "Enable", "", is_exact=False).is_entered
