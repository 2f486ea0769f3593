"""Do the commands list and show people, in a memory that does not grow with their number?"""

import json
import sys
from collections.abc import Callable, Sequence

import pytest

from deploy.commands.people import _in_words
from tests.commands.conftest import Answer
from tests.commands.test_repairs import prepared
from tests.drivers.both_sides import Installation
from tests.drivers.forked_muster import run_script
from tests.drivers.many_users import PATTERN, multiply
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

MANY = 15_000
MOST_GROWTH_MIB = 16
"""The memory that a list of many people may take beyond one of few. All of them take 45 MiB."""

SCRIPT = """
import sys
from pathlib import Path
from deploy.cli import run
status = run(sys.argv[1:])
[peak] = [it for it in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in it]
print(status, int(peak.split()[1]) // 1024, file=sys.stderr)
"""


async def two_people(installation: Installation) -> None:
    """Let somebody arrive, and somebody else be on the way."""
    await installation.ingress.user("ada@acme.test", displayName="Ada", externalId="00u1")
    await installation.deliver()
    await installation.ingress.user("ben@acme.test", active=False)


@on_new_databases_of_both
def test_people_are_listed_with_their_states(muster: Muster) -> None:
    assert muster("people", "list", "--json").out == "[]\n"
    prepared(two_people)
    people = muster("people", "list", "--json").json
    assert {(it["user_name"], it["active"], it["state"]) for it in people} == {
        ("ada@acme.test", True, "applied"),
        ("ben@acme.test", False, "pending"),
    }
    assert set(people[0]) == {
        *("connection", "identity", "user_name", "email", "external_id", "active", "deleted"),
        *("state", "reason", "released_version", "applied_version", "name"),
    }
    found = muster("people", "list", "--search", "ADA", "--workspace", "ACME", "--json").json
    assert [it["user_name"] for it in found] == ["ada@acme.test"]
    one = ("people", "list", "--connection", "acme-store", "--inactive", "--state", "pending")
    assert [it["user_name"] for it in muster(*one, "--json").json] == ["ben@acme.test"]
    assert len(muster("people", "list", "--limit", "1", "--json").json) == 1
    table = muster("people", "list").out
    assert "ada@acme.test" in table
    assert table.count("user name") == 1


@on_new_databases_of_both
def test_a_person_is_shown_as_json_and_in_words(muster: Muster) -> None:
    prepared(two_people)
    ada = muster("people", "show", "acme-store", "Ada@Acme.test", "--json").json
    assert list(ada) == [
        *("connection", "identity", "user_name", "display_name", "email", "external_id"),
        *("active", "deleted", "locked_at", "state", "reason"),
        *("released_version", "applied_version"),
        *("groups", "account", "devices", "holder", "timeline"),
    ]
    assert (ada["state"], ada["external_id"], ada["devices"]) == ("applied", "00u1", [])
    assert ada["account"]["email"] == "ada@acme.test"
    times = [it["at"] for it in ada["timeline"]]
    assert times == sorted(times)
    assert all(it.endswith("+00:00") for it in times)
    assert "applied" in {it["event"] for it in ada["timeline"]}
    told = muster("people", "show", "acme-store", "00u1").out
    for word in ("ada@acme.test", "applied", "account", "published"):
        assert word in told


def test_lists_of_a_person_are_told_as_words() -> None:
    account = {"role": "editor", "groups": ("Sales", "Staff"), "removed": False, "released": True}
    assert _in_words(account) == "role editor, groups Sales and Staff, released yes"
    assert _in_words({"after": {"groups": ["Sales"]}, "none": []}) == "after (groups Sales)"


@on_new_databases_of_both
def test_a_person_is_locked_and_unlocked(muster: Muster) -> None:
    prepared(two_people)
    locked = muster("people", "lock", "acme-store", "ada@acme.test", "--json").json
    assert (locked["active"], locked["deactivation"], locked["waits"]) == (
        *(False, "remove-employee", None),
    )
    shown = muster("people", "show", "acme-store", locked["identity"], "--json").json
    assert shown["locked_at"] == locked["locked_at"]
    assert {"locked", "administrator"} <= {it["event"] for it in shown["timeline"]}
    assert muster("people", "unlock", "acme-store", "00u1", "--json").json["active"] is True
    again = muster("people", "unlock", "acme-store", "00u1")
    assert (again.status, again.out) == (2, "")
    assert "not locked" in again.err


def test_a_lock_that_waits_or_does_nothing_says_so(muster: Muster) -> None:
    prepared(two_people)
    muster("connections", "pause", "acme-store")
    muster("connections", "change", "acme-store", "--on-deactivate", "nothing")
    answer = muster("people", "lock", "acme-store", "ada@acme.test", "--json")
    assert answer.json["waits"] == "paused"
    assert answer.err.splitlines() == [
        "The connection is paused: this waits until connections resume.",
        "The rules do nothing when a person is deactivated.",
    ]


@on_new_databases_of_both
def test_the_status_counts_by_workspace_and_connection(muster: Muster) -> None:
    prepared(two_people)
    muster("connections", "create", "other", "store", "--new-workspace")
    status = muster("status", "--json").json
    assert [(it["connection"], it["identities"]) for it in status["connections"]] == [
        *(("acme-store", 2), ("other-store", 0)),
    ]
    assert [(it["workspace"], it["pending"]) for it in status["workspaces"]] == [
        *(("Acme", 1), ("other", 0)),
    ]
    of_one = muster("status", "OTHER", "--json").json
    assert (of_one["identities"], [it["connection"] for it in of_one["connections"]]) == (
        *(0, ["other-store"]),
    )
    table = muster("status").out
    assert "other-store" in table
    assert "oldest pending seconds" in table


def test_an_ambiguous_or_unknown_name_is_one_line_without_it(muster: Muster) -> None:
    async def twins(installation: Installation) -> Sequence[str]:
        address = [{"value": "ada@acme.test"}]
        return [await installation.ingress.user(it, emails=address) for it in ("ada", "eve")]

    ids = prepared(twins)
    for name, says in (("ada@acme.test", ids), ("zoe@acme.test", ["has nobody with this id"])):
        answer = muster("people", "show", "acme-store", name)
        assert (answer.status, answer.out) == (2, "")
        [line] = answer.err.splitlines()
        assert all(it in line for it in says)
        assert "acme.test" not in line


@pytest.mark.usefixtures("muster")
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_many_people_are_listed_in_the_memory_that_few_take() -> None:
    async def many(installation: Installation) -> None:
        ingress = installation.ingress
        first = await ingress.user(f"{PATTERN}@acme.test", displayName=f"The {PATTERN}")
        await multiply(ingress.database, ingress.connection, first, range(1, MANY))

    prepared(many)

    def peak(*options: str) -> tuple[int, list[dict[str, str]]]:
        done = run_script(SCRIPT, "people", "list", "--json", *options)
        assert done.returncode == 0, done.stderr
        status, mib = done.stderr.split()
        assert status == "0"
        return int(mib), json.loads(done.stdout)

    few, first = peak("--limit", "10")
    assert len(first) == 10
    all_of_them, people = peak()
    assert len({it["identity"] for it in people}) == MANY
    found, matching = peak("--search", "person-14999@", "--state", "pending")
    assert [it["user_name"] for it in matching] == ["person-14999@acme.test"]
    assert max(all_of_them, found) - few < MOST_GROWTH_MIB
