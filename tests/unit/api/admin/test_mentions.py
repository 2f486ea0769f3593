"""Which ids does a change name? Those of its subject, and of its documents as far as shown."""

from typing import Any

from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange
from api.admin.mentions import MOST_GROUPS, MOST_PEOPLE, Kind, Mention, mentioned

Document = dict[str, Any] | None


def about(
    action: str, subject: str | None = None, before: Document = None, after: Document = None
) -> set[Mention]:
    """Return what a change of a connection mentions."""
    change = ListedChange(
        *(1, 1, "operator", "Acme", "acme-store", action, subject, Outcome.DONE, before, after, "1")
    )
    return set(mentioned(change))


def mapping(*groups: str, role: str = "editor") -> dict[str, Any]:
    return {"group_map": [{"group": group, "role": role} for group in groups]}


def test_a_change_mentions_its_subject() -> None:
    assert about("people.lock", "8f0c") == {Mention(Kind.PERSON, "8f0c", "acme-store")}
    assert about("devices.add", "d1") == {Mention(Kind.DEVICE, "d1")}
    assert about("tokens.create", "12ab") == set(), "nobody else knows a token by a name"
    assert about("connections.pause") == set()


def test_documents_mention_accounts_and_people_of_any_connection() -> None:
    before = {"account": "a1", "connection": "acme-mdm", "identity": "12ab"}
    assert about("conflicts.release", "8f0c", before) == {
        Mention(Kind.PERSON, "8f0c", "acme-store"),
        Mention(Kind.ACCOUNT, "a1"),
        Mention(Kind.PERSON, "12ab", "acme-mdm"),
    }
    assert about("devices.assign", None, {"account": None}) == set()


def test_of_a_list_of_people_the_first_are_mentioned() -> None:
    people = [str(number) for number in range(100)]
    assert len(about("held.approve", None, None, {"identities": people})) == MOST_PEOPLE
    assert about("held.approve", None, None, {"identities": "all"}) == set()


def test_of_a_mapping_the_groups_are_mentioned_that_differ() -> None:
    stays, many = mapping("g1"), mapping(*(str(number) for number in range(1_000)))
    assert about("connections.change", None, stays, stays) == set()
    assert about("connections.change", None, stays, mapping("g1", role="admin")) == {
        Mention(Kind.GROUP, "g1", "acme-store")
    }
    assert len(about("connections.create", None, None, {"rules": many})) == MOST_GROUPS
