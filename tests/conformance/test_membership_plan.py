"""Does the plan end where the library would, without seeing the members? For random PATCHes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from scim2_models import Group, PatchOp, PatchOperation, Path
from scim2_models.path import FilterNode

from api.scim.groups.bodies import read_steps
from api.scim.members.plan import (
    Label,
    MemberPlan,
    MembersToLoad,
    PatchPlan,
    members_to_load,
    plan,
    possible_new_ids,
    replace_all_with,
    sent_types,
)
from api.scim.members.sent import SentMember
from api.scim.members.stored import Member
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import TolerantScimService
from tests.conformance.group_patches import GROUPS, PATCHES, STORED, USERS
from tests.conformance.groups_in_memory import (
    PROVIDER,
    Members,
    Outcome,
    body_of,
    group_with,
    in_memory,
    outcome,
)
from tests.drivers.examples import examples

GROUP_TYPE = PROVIDER.resource_types[1]
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")

IDS = {name: format(number, "032x") for number, name in enumerate((*USERS, *GROUPS, "group"))}
TYPES = {IDS[name]: "User" for name in USERS} | {IDS[name]: "Group" for name in GROUPS}
ADA, BEN, CY = (IDS[name] for name in USERS)


def apply(group: Group, operation: PatchOperation[Group]) -> bool:
    return PatchOp[Group](operations=[operation]).patch(group)


def steps_in(*operations: Any) -> Any:
    body = json.dumps(body_of(operations, IDS)).encode()
    with PROVIDER:
        return read_steps(SERVICE, GROUP_TYPE, body, None)


def planned_for(*operations: Any) -> MemberPlan:
    """Plan operations that need no member to be loaded."""
    steps = steps_in(*operations)
    assert members_to_load(steps) == MembersToLoad()
    return plan(steps, group_with([], IDS["group"]), (), apply).members


# --- any PATCH --------------------------------------------------------------------------------


def selects(node: FilterNode, member: Member) -> bool:
    return bool(Path[Group](f"members[{node}]").get(group_with([member], IDS["group"])))


def concerned(stored: Members, concern: MembersToLoad) -> list[Member]:
    return [
        member
        for member in stored.values()
        if concern.all_members
        or member.id in concern.ids
        or any(selects(node, member) for node in concern.filters)
    ]


def changed(stored: Members, changes: MemberPlan) -> Members:
    """Do what the statements do."""
    after: dict[str, Member] = {}
    for id_, member in stored.items():
        leaves = (
            changes.remove_others
            or id_ in changes.remove
            or any(selects(node, member) for node in changes.remove_where)
        )
        label = changes.keep.get(id_)
        if label is not None:
            kept = None if label.exact or leaves else member.display
            display = kept if label.display is None else label.display
            after[id_] = Member(id_, member.type, display)
        elif not leaves:
            after[id_] = member
    for id_, label in changes.keep.items():
        if id_ in TYPES and id_ not in stored:
            after[id_] = Member(id_, TYPES[id_], label.display)
    return after


def planned(stored: Members, body: Any) -> Outcome:
    """Apply a PATCH without the members that nobody need see."""
    steps = read_steps(SERVICE, GROUP_TYPE, json.dumps(body).encode(), None)
    group = group_with([], IDS["group"])
    changes = plan(steps, group, concerned(stored, members_to_load(steps)), apply).members
    assert changes.keep.keys() & TYPES.keys() - stored.keys() <= possible_new_ids(steps)
    return changed(stored, changes), group.display_name, group.external_id


@settings(max_examples=examples(500), deadline=None)
@given(stored=STORED, operations=PATCHES)
def test_a_plan_ends_where_the_library_does(
    stored: dict[str, str | None], operations: list[Any]
) -> None:
    members = {
        IDS[name]: Member(IDS[name], TYPES[IDS[name]], label) for name, label in stored.items()
    }
    body = body_of(operations, IDS)
    ours = outcome(lambda: planned(members, body))
    assert ours == outcome(lambda: in_memory(IDS["group"], members, body, TYPES))


# --- what providers send ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Add", "path": "members", "value": [{"value": "{ada}", "display": "Ada"}]},
        {"op": "add", "path": "MEMBERS", "value": {"value": "{ada}", "display": "Ada"}},
        {"op": "add", "value": {"members": [{"VALUE": "{ada}", "display": "Ada", "x": [1]}]}},
        {"op": "Add", "value": '{"members": [{"value": "{ada}", "display": "Ada"}]}'},
    ],
)
def test_who_is_added_stays_and_nobody_is_looked_at(operation: Any) -> None:
    assert planned_for(operation) == MemberPlan(keep={ADA: Label("Ada")})


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": 'members[value eq "{ada}"]'},
        {"op": "Remove", "path": 'members.value EQ "{ada}"'},
        {"op": "Remove", "path": "members", "value": [{"value": "{ada}", "$ref": None}]},
        {"op": "remove", "path": "members", "value": "{ada}"},
    ],
)
def test_who_is_removed_by_id_leaves_and_nobody_is_looked_at(operation: Any) -> None:
    assert planned_for(operation) == MemberPlan(remove=frozenset({ADA}))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "members"},
        {"op": "replace", "path": "members", "value": []},
        {"op": "replace", "path": "members", "value": None},
        {"op": "replace", "value": {"members": []}},
    ],
)
def test_an_emptied_group_is_left_by_everybody(operation: Any) -> None:
    assert planned_for(operation) == MemberPlan(remove_others=True)


def test_a_whole_list_takes_the_place_of_all() -> None:
    operation = {"op": "replace", "path": "members", "value": [{"value": "{ada}"}]}
    expected = MemberPlan(keep={ADA: Label(None, exact=True)}, remove_others=True)
    assert planned_for(operation) == expected
    assert replace_all_with([SentMember(ADA)]) == expected


def test_the_last_of_many_operations_on_somebody_counts() -> None:
    add = [{"op": "add", "path": "members", "value": [{"value": f"{{{name}}}"}]} for name in USERS]
    remove = [{"op": "remove", "path": f'members[value eq "{{{name}}}"]'} for name in USERS]
    changes = planned_for(*add, remove[0], remove[1], add[1])
    assert changes.keep == {BEN: Label(None, exact=True), CY: Label(None)}
    assert changes.remove == {ADA}


def test_a_filter_on_labels_removes_by_a_condition() -> None:
    changes = planned_for({"op": "remove", "path": 'members[display sw "a"]'})
    assert [str(node) for node in changes.remove_where] == ['display sw "a"']
    assert not changes.remove_others


def test_a_label_is_set_on_those_who_are_looked_at() -> None:
    steps = steps_in({"op": "replace", "path": 'members[value eq "{ada}"].display', "value": "A"})
    assert members_to_load(steps) == MembersToLoad(ids=frozenset({ADA}))
    changes = plan(steps, group_with([], IDS["group"]), [Member(ADA, "User", "Ada")], apply).members
    assert changes == MemberPlan(keep={ADA: Label("A", exact=True)})


def test_a_rename_concerns_no_member() -> None:
    group = group_with([], IDS["group"])
    steps = steps_in({"op": "replace", "value": {"id": "{group}", "displayName": "Spinners"}})
    assert members_to_load(steps) == MembersToLoad()
    assert plan(steps, group, (), apply) == PatchPlan(MemberPlan(), rewritten=True)
    assert group.display_name == "Spinners"
    assert plan(steps, group, (), apply) == PatchPlan(MemberPlan(), rewritten=False)


def test_a_type_is_what_a_member_that_is_named_once_is_said_to_be() -> None:
    members = [SentMember(ADA, type="User"), SentMember(BEN), SentMember(CY, type="x")]
    assert sent_types([*members, SentMember(CY)]) == {ADA: "User"}
