"""In which form do filters and sorting find a resource?"""

from typing import Any

from api.scim.protocol.resources import EnterpriseUser, ScimUser
from api.scim.search.comparison_form import comparable_form

ENTERPRISE = str(EnterpriseUser.__schema__)


def form(**attributes: Any) -> dict[str, Any]:
    """Return the comparison form of a user."""
    user = ScimUser.model_validate({"schemas": [], "userName": "Ada", **attributes})
    return comparable_form(ScimUser, user.model_dump(exclude={"schemas"}))


def test_strings_lose_their_case_unless_it_matters() -> None:
    assert form(title="BÖSS", externalId="CaseX") == {
        "user_name": "ada",
        "title": "böss",
        "external_id": "CaseX",
    }


def test_booleans_are_texts() -> None:
    assert form(active=False)["active"] == "false"


def test_the_entry_that_sorting_goes_by_comes_first() -> None:
    emails = [{"value": "A@x"}, {"value": "B@x", "primary": True}]
    assert form(emails=emails)["emails"] == [{"value": "b@x", "primary": "true"}, {"value": "a@x"}]


def test_extensions_are_objects_of_their_own() -> None:
    extension = {"department": "Looms", "manager": {"value": "M1", "$ref": "Users/M1"}}
    assert form(**{ENTERPRISE: extension})["EnterpriseUser"] == {
        "department": "looms",
        "manager": {"value": "M1", "ref": "./Users/M1"},
    }


def test_binary_values_do_not_depend_on_their_spelling() -> None:
    certificates = [{"value": "QUJD"}]
    assert form(x509Certificates=certificates)["x509_certificates"] == [{"value": "414243"}]
