"""Does ``muster connections show --for`` print the form of each provider, without a token?"""

from collections.abc import Callable
from typing import Any

from api.admin.providers.fill_in import FilledGuide, Values, filled_in
from api.admin.providers.marked_texts import plain
from api.admin.providers.named_guides import GUIDES, Provider
from contracts.rules import Portal
from tests.commands.conftest import Answer

Muster = Callable[..., Answer]

SHOW = ("connections", "show", "acme-dashboard", "--for")


def fields_of(guide: FilledGuide) -> list[tuple[str, str | None]]:
    """Return the fields of a guide, as they are printed."""
    return [
        (field.name, field.value if field.is_exact or field.value is None else plain(field.value))
        for step in guide.steps
        for part in step.parts
        if isinstance(part, tuple)
        for field in part
    ]


def printed_fields(steps: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Return the fields of a form that was printed as JSON."""
    return [(field["name"], field["value"]) for step in steps for field in step["fields"]]


def test_every_provider_has_its_form_with_the_values_filled_in(muster: Muster) -> None:
    made = muster("connections", "create", "acme", "dashboard", "--json").json
    values = Values("acme-dashboard", Portal.DASHBOARD, made["base_url"])
    for provider in Provider:
        form = muster(*SHOW, provider, "--json").json
        guide = filled_in(GUIDES[provider], values)
        assert printed_fields(form["steps"]) == fields_of(guide)
        assert (form["connection"], form["base_url"]) == ("acme-dashboard", made["base_url"])
        lines = muster(*SHOW, provider).out
        assert made["base_url"] in lines
        assert "muster tokens create acme-dashboard" in lines
        assert made["token"] not in lines + str(form)


def test_a_provider_is_named_in_any_case_and_no_other_is_taken(muster: Muster) -> None:
    muster("connections", "create", "acme", "dashboard")
    assert muster(*SHOW, "Okta").out.startswith("Okta, for the connection acme-dashboard")
    wrong = muster(*SHOW, "active-directory")
    assert (wrong.status, wrong.out) == (2, "")
    assert ", ".join(map(repr, map(str, Provider))) in wrong.err


def test_the_form_of_a_connection_that_there_is_not_is_an_error(muster: Muster) -> None:
    answer = muster("connections", "show", "nowhere", "--for", "okta")
    assert (answer.status, answer.out) == (2, "")
    assert "nowhere" in answer.err
