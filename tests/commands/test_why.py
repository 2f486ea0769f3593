"""Does ``muster why`` tell facts, rule and a change, as text and for programs?"""

from collections.abc import Callable

from tests.commands.conftest import Answer
from tests.commands.test_repairs import prepared
from tests.drivers.both_sides import Installation
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]


async def a_leaver(installation: Installation) -> str:
    """Employ a person, who leaves."""
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    leaves = {"op": "replace", "path": "active", "value": False}
    await installation.ingress.patch(f"/Users/{ada}", leaves)
    await installation.deliver()
    return ada


@on_new_databases_of_both
def test_why_somebody_has_no_account_is_told_with_what_would_change_it(muster: Muster) -> None:
    ada = prepared(a_leaver)
    [answer] = muster("why", "acme-store", "ada@acme.test", "--json").json
    assert set(answer) == {"aspect", "value", "because", "rule", "change"}
    assert (answer["aspect"], answer["value"]) == ("account", None)
    assert answer["rule"] == "deactivation: remove-employee"
    assert answer["change"] == {"do": "activate", "connection": "acme-store", "identity": ada}
    facts = {fact["fact"]: fact["value"] for fact in answer["because"]}
    assert (facts["active"], facts["email"]) == (False, "ada@acme.test")
    assert facts["deactivated_at"].endswith("+00:00")
    shown = muster("why", "acme-store", ada).out
    assert f"person  {ada}" in shown
    assert "account  none" in shown
    assert "rule     deactivation: remove-employee" in shown
    assert "change   the provider activates the user" in shown


def test_several_steps_follow_each_other(muster: Muster) -> None:
    prepared(a_leaver)
    muster("connections", "change", "acme-store", "--on-create", "nothing")
    [answer] = muster("why", "acme-store", "ada@acme.test", "--json").json
    assert answer["change"]["do"] == "activate"
    assert answer["change"]["then"] == {
        "do": "change-rules",
        "connection": "acme-store",
        "on_create": "create-employee",
    }
    shown = muster("why", "acme-store", "ada@acme.test").out
    assert "then: muster connections change acme-store --on-create create-employee" in shown


def test_an_unknown_person_is_told_in_one_line(muster: Muster) -> None:
    prepared(a_leaver)
    refused = muster("why", "acme-store", "eve@acme.test")
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "eve" not in refused.err
