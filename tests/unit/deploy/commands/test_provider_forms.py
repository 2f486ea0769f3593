"""Is a guide printed so that its values can be copied, and so that a program can read it?"""

from api.admin.providers.fill_in import FilledField, FilledGuide, FilledStep, Values
from contracts.rules import Portal
from deploy.commands.provider_forms import guide_as_json, guide_as_lines

URL = "https://muster.test/scim/v2/acme-store"
VALUES = Values("acme-store", Portal.STORE, URL)
FIELDS = (
    FilledField("URL", URL, "", is_exact=True),
    FilledField("Secret Token", None, "", is_exact=False),
    FilledField("Groups", "Tick **Push Groups**", "Roles need `them`", is_exact=False),
)
GUIDE = FilledGuide(
    "Any", "It **cannot** push.", (FilledStep("Enter", ("Open **Settings**.", FIELDS)),)
)


def test_the_fields_of_a_form_stand_below_each_other() -> None:
    assert list(guide_as_lines(GUIDE, VALUES)) == [
        "Any, for the connection acme-store to the portal store",
        "",
        "It cannot push.",
        "",
        "1. Enter",
        "   Open Settings.",
        f"     URL           {URL}",
        (
            "     Secret Token  shown once, when it was made (muster tokens create acme-store makes"
            " another)"
        ),
        "     Groups        Tick Push Groups",
        "                   (Roles need them.)",
    ]


def test_a_base_url_that_no_provider_on_the_internet_takes_is_told_first() -> None:
    values = Values("acme-store", Portal.STORE, "http://127.0.0.1:8000/scim/v2/acme-store")
    heading, _, first, *_ = guide_as_lines(GUIDE, values)
    assert heading == "Any, for the connection acme-store to the portal store"
    assert first.startswith("The base URL is not https://")


def test_paragraphs_are_broken_and_values_are_not() -> None:
    long = " ".join(["word"] * 60)
    exact = (FilledField("Template", long, "", is_exact=True),)
    lines = list(guide_as_lines(FilledGuide("Any", "", (FilledStep("Go", (long, exact)),)), VALUES))
    assert lines[-1] == f"     Template  {long}"
    assert max(map(len, lines[:-1])) <= 100
    assert " ".join(line.strip() for line in lines[3:-1]) == long


def test_json_has_every_field_and_no_token() -> None:
    assert guide_as_json(GUIDE, VALUES) == {
        "connection": "acme-store",
        "portal": "store",
        "base_url": URL,
        "provider": "Any",
        "limits": "It cannot push.",
        "steps": [
            {
                "title": "Enter",
                "text": ["Open Settings."],
                "fields": [
                    {"name": "URL", "value": URL, "hint": ""},
                    {"name": "Secret Token", "value": None, "hint": ""},
                    {"name": "Groups", "value": "Tick Push Groups", "hint": "Roles need them"},
                ],
            }
        ],
    }
