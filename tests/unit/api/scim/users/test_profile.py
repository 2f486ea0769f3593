"""What is known downstream of a SCIM user?"""

from typing import Any

import pytest

from api.scim.protocol.resources import ScimUser
from api.scim.search.comparison_form import Document
from api.scim.search.stored_documents import document_of
from api.scim.users.profile import released_attributes_of

WORK, HOME = {"value": "w@a.test", "type": "work"}, {"value": "h@a.test", "type": "home"}
PRIMARY = {"value": "p@a.test", "primary": True}


def user(**attributes: Any) -> Document:
    """Return a user as it is stored."""
    sent = {"schemas": [], "userName": "ada", **attributes}
    return document_of(ScimUser.model_validate(sent))


@pytest.mark.parametrize(
    ("emails", "user_name", "email"),
    [
        ([HOME, WORK, PRIMARY], "ada@a.test", "p@a.test"),
        ([HOME, WORK], "ada@a.test", "w@a.test"),
        ([HOME], "ada@a.test", "h@a.test"),
        ([], "ada@a.test", "ada@a.test"),
        ([{"value": "", "primary": True}, {"type": "work"}], "ada@a.test", "ada@a.test"),
        ([{"value": "", "primary": True}, HOME], "ada", "h@a.test"),
        ([], "ada", None),
    ],
)
def test_the_email_is_primary_then_work_then_first_then_the_user_name(
    emails: list[dict[str, Any]], user_name: str, email: str | None
) -> None:
    assert released_attributes_of(user(userName=user_name, emails=emails)).profile.email == email


def test_empty_values_count_as_missing() -> None:
    profile = released_attributes_of(
        user(displayName="", externalId="", name={"givenName": ""})
    ).profile
    assert (profile.display_name, profile.external_id, profile.given_name) == (None, None, None)


def test_roles_are_named_by_their_values() -> None:
    roles = [{"value": "Admin"}, {"display": "no value"}, {"value": ""}, {"value": "Editor"}]
    assert released_attributes_of(user(roles=roles)).role_names == ("Admin", "Editor")


@pytest.mark.parametrize(("active", "is_active"), [(True, True), (False, False)])
def test_activity_is_as_stored(active: bool, is_active: bool) -> None:
    assert released_attributes_of(user(active=active)).active is is_active


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\ufeff", " \t\u202f"])
def test_blanks_around_a_text_are_no_part_of_it(blank: str) -> None:
    def padded(text: str) -> str:
        return f"{blank}{text}{blank}"

    told = released_attributes_of(
        user(
            userName=padded("ada"),
            emails=[{"value": blank, "primary": True}, {"value": padded("a@acme.test")}],
            displayName=padded("Ada"),
            name={"givenName": padded("A"), "familyName": blank},
            roles=[{"value": padded("Editors")}, {"value": blank}],
        )
    )
    assert told == released_attributes_of(
        user(
            emails=[{"value": "a@acme.test"}],
            displayName="Ada",
            name={"givenName": "A"},
            roles=[{"value": "Editors"}],
        )
    )
    assert (
        released_attributes_of(user(userName=padded("ada@acme.test"))).profile.email
        == "ada@acme.test"
    )


@pytest.mark.parametrize(
    ("display_name", "name", "called"),
    [
        ("Ada", {"formatted": "Ada King", "givenName": "A", "familyName": "K"}, "Ada"),
        (" ", {"formatted": "Ada King", "givenName": "A", "familyName": "K"}, "Ada King"),
        (None, {"formatted": "", "givenName": "A", "familyName": "K"}, "A K"),
        (None, {"givenName": "A"}, "A"),
        (None, {"familyName": "K"}, "K"),
        (None, {"middleName": "M"}, None),
        (None, None, None),
    ],
)
def test_a_person_is_called_by_the_first_name_that_says_something(
    display_name: str | None, name: dict[str, str] | None, called: str | None
) -> None:
    assert (
        released_attributes_of(user(displayName=display_name, name=name)).profile.display_name
        == called
    )
