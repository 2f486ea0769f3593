"""Is what differs between before and after shown as settings are, and nothing else?"""

from typing import Any

from api.admin.mentions import Kind, Mention
from api.console.brake_forms import told_limit
from api.console.differences import MOST_LINES, Difference, differences
from api.console.known import LONGEST, Known
from api.directory.brake_limits import BrakeLimit
from contracts.rules import (
    RULES,
    ChangePolicy,
    CreateCollaborator,
    CreateMdmEmployee,
    DashboardRules,
    MdmRules,
    RemoveCollaborator,
    Role,
    RoleLine,
)


def lines(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Difference]:
    return list(differences(before, after).lines)


def dashboard(*names: str, role: Role = Role.VIEWER) -> dict[str, Any]:
    mapping = tuple(RoleLine(name=name, role=Role.EDITOR) for name in names)
    rules = DashboardRules(on_create=CreateCollaborator(role=role), role_map=mapping)
    dumped: dict[str, Any] = RULES.dump_python(rules, mode="json")
    return dumped


def test_settings_that_stay_are_left_out() -> None:
    assert lines({"state": "live", "brake": "off"}, {"state": "paused", "brake": "off"}) == [
        Difference("State", "Live", "Paused")
    ]


def test_rules_are_told_line_by_line() -> None:
    assert lines(dashboard("Sales"), dashboard("Support", role=Role.ADMIN)) == [
        Difference("Role of those who join", "Viewer", "Admin"),
        Difference("Group or role Sales", "Editor", None),
        Difference("Group or role Support", None, "Editor"),
    ]


def test_a_policy_is_shown_as_it_is_called() -> None:
    after = RULES.dump_python(MdmRules(on_deactivate=ChangePolicy(policy="lost & found")))
    assert lines(None, {"rules": after})[-1] == Difference(
        "Policy for the devices of those who leave", None, "lost & found"
    )


def test_rules_are_called_as_their_forms_call_them() -> None:
    dashboard = DashboardRules(on_deactivate=RemoveCollaborator())
    mdm = MdmRules(on_create=CreateMdmEmployee())
    documents = [
        (
            {"rules": RULES.dump_python(dashboard, mode="json")},
            [
                Difference("Portal", None, "Dashboard"),
                Difference("When somebody joins", None, "No action"),
                Difference("When somebody leaves", None, "The collaborator is removed"),
            ],
        ),
        (
            RULES.dump_python(mdm, mode="json"),
            [
                Difference("Portal", None, "MDM Portal"),
                Difference("When somebody joins", None, "An MDM employee is created"),
                Difference("When somebody leaves", None, "Nothing"),
            ],
        ),
    ]
    for document, told in documents:
        assert lines(None, document)[:3] == told


def test_a_retry_tells_what_was_wrong_with_how_many_people() -> None:
    assert lines(None, {"trouble": "refused", "people": 1, "cause": "last_admin"}) == [
        Difference("What was wrong", None, "Refused"),
        Difference("People", None, "1"),
        Difference("Cause", None, "Last Admin of the workspace"),
    ]


def test_a_deletion_tells_what_becomes_of_people() -> None:
    assert lines(None, {"state": "closing", "people": "keep"}) == [
        Difference("State", None, "Closing"),
        Difference("What becomes of people", None, "Keep"),
    ]


def test_only_what_there_was_has_a_column() -> None:
    found = differences(None, {"brake": "20:5", "expires_at": 1_700_000_000_000_000, "name": None})
    assert (found.has_before, found.has_after) == (False, True)
    assert found.lines == [
        Difference("Brake", None, told_limit(BrakeLimit(20, 5))),
        Difference("Ends", None, "2023-11-14 22:13:20 UTC"),
    ]
    assert differences({"account": "1"}, None).has_after is False


def test_people_are_counted() -> None:
    assert lines(None, {"identities": ["a"] * 1234}) == [Difference("People", None, "1,234")]
    assert lines(None, {"identities": "all"}) == [Difference("People", None, "all")]


def test_what_is_known_by_name_is_told_by_it() -> None:
    names = {
        Mention(Kind.ACCOUNT, "a1"): "ada@acme.test",
        Mention(Kind.PERSON, "8f0c", "acme-mdm"): "ada",
        Mention(Kind.PERSON, "12ab", "acme-store"): "ben",
        Mention(Kind.GROUP, "g1", "acme-store"): "Sales",
    }
    documents: list[tuple[dict[str, Any], list[Difference]]] = [
        (
            {"account": "a1", "connection": "acme-mdm", "identity": "8f0c"},
            [
                Difference("Account", None, Known("ada@acme.test", "a1")),
                Difference("Connection", None, "acme-mdm"),
                Difference("Person", None, Known("ada", "8f0c", "/people/acme-mdm/8f0c")),
            ],
        ),
        ({"account": "a2"}, [Difference("Account", None, "a2")]),
        ({"identities": ["12ab", "gone"]}, [Difference("People", None, "ben and 1 more")]),
        (
            {"group_map": [{"group": "g1", "role": "admin"}, {"group": "g2", "role": "editor"}]},
            [
                Difference(
                    Known("People of the group Sales", "g1", "/groups/acme-store/g1"),
                    None,
                    "Admin",
                ),
                Difference("People of the group g2", None, "Editor"),
            ],
        ),
    ]
    for document, told in documents:
        assert list(differences(None, document, "acme-store", names).lines) == told


def test_long_lists_and_values_are_cut() -> None:
    found = differences(dashboard(), dashboard(*(f"{n} {'x' * 500}" for n in range(1000))))
    assert len(found.lines) == MOST_LINES
    assert found.more == 1000 - MOST_LINES
    assert max(len(str(it.name)) for it in found.lines) == LONGEST
    assert lines(None, {"tokens": list("abcdefgh")}) == [
        Difference("Live tokens", None, "a, b, c, d, e and 3 more")
    ]


def test_values_of_another_version_are_shown_as_they_are() -> None:
    assert lines({"brake": "hand"}, {"brake": {"do": "stop", "at": 1}, "odd": [{"a": 1}]}) == [
        Difference("Brake", "hand", "Stop"),
        Difference("Brake at", None, "1"),
        Difference("Odd", None, "{'a': 1}"),
    ]
