"""Does ``muster preview`` show what would happen, and leave everything as it is?"""

from collections.abc import Callable

from tests.commands.conftest import Answer
from tests.commands.test_repairs import prepared, push_sixty
from tests.drivers.both_sides import Installation
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

PREVIEW = ("preview", "acme-store")


async def two_people(installation: Installation) -> list[str]:
    """Employ two people."""
    people = [await installation.ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
    await installation.deliver()
    return people


@on_new_databases_of_both
def test_leavers_are_shown_with_what_becomes_of_them(muster: Muster) -> None:
    ada, _ben = prepared(two_people)
    accounts = muster("accounts", "list", "Acme", "--json").json
    [effect] = muster(*PREVIEW, "--deactivate", "Ada@acme.test", "--json").json
    assert set(effect) == {"identity", "effect", "before", "after", "reason"}
    assert (effect["identity"], effect["effect"]) == (ada, "remove")
    assert (effect["before"]["email"], effect["after"]) == ("ada@acme.test", None)
    assert effect["reason"] == "deactivation"
    shown = muster(*PREVIEW, "--deactivate", ada).out
    assert "remove  1" in shown
    assert "ada@acme.test" in shown
    assert muster("accounts", "list", "Acme", "--json").json == accounts


def test_rules_are_given_as_they_are_changed(muster: Muster) -> None:
    ada, _ben = prepared(two_people)
    kept = (*PREVIEW, "--on-deactivate", "nothing")
    assert muster(*kept, "--json").json == []
    assert muster(*kept).out == "nothing would happen\n"
    assert muster(*kept, "--deactivate", ada).out == "nothing would happen\n"
    refused = muster(*PREVIEW, "--on-create", "create-mdm-employee")
    assert (refused.status, refused.out) == (2, "")
    assert "--on-create is one of nothing, create-employee" in refused.err


def test_many_effects_are_counted_and_the_first_ones_shown(muster: Muster) -> None:
    prepared(push_sixty)
    muster("connections", "observe", "acme-store")
    shown = muster(*PREVIEW, "--go-live").out
    assert "create  60" in shown
    assert shown.count("@acme.test") == 50
    assert "… and 10 more: --json shows all." in shown
    assert len(muster(*PREVIEW, "--go-live", "--json").json) == 60


def test_mistakes_are_told_in_one_line(muster: Muster) -> None:
    prepared(two_people)
    nothing, nobody = muster(*PREVIEW), muster(*PREVIEW, "--deactivate", "eve@acme.test")
    assert (nothing.status, nobody.status) == (2, 2)
    assert nothing.err.endswith("give options of rules, --deactivate or --go-live\n")
    assert nobody.err.count("\n") == 1
    assert "eve" not in nobody.err
