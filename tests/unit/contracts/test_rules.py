"""Can the rules of a portal express what it does, and nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.rules import (
    RULES,
    ChangePolicy,
    CreateCollaborator,
    CreateNothing,
    DashboardRules,
    GroupLine,
    MdmRules,
    Role,
    RoleLine,
)

NONSENSE = [
    {"portal": "store", "on_create": {"do": "create-collaborator", "role": "admin"}},
    {"portal": "store", "on_deactivate": {"do": "remove-user"}},
    {"portal": "dashboard", "on_create": {"do": "create-collaborator"}},
    {"portal": "dashboard", "on_create": {"do": "create-collaborator", "role": "owner"}},
    {"portal": "dashboard", "on_deactivate": {"do": "remove-employee"}},
    {"portal": "mdm", "on_deactivate": {"do": "change-policy"}},
    {"portal": "mdm", "on_deactivate": {"do": "change-policy", "policy": ""}},
    {"portal": "intranet"},
    {},
]


@pytest.mark.parametrize("rules", NONSENSE)
def test_rules_cannot_express_nonsense(rules: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RULES.validate_python(rules)


def test_a_name_maps_to_one_role_whatever_its_case() -> None:
    with pytest.raises(ValidationError, match="twice"):
        DashboardRules(
            role_map=(
                RoleLine(name="Admins", role=Role.ADMIN),
                RoleLine(name="ADMINS", role=Role.VIEWER),
            )
        )


def test_rules_survive_being_stored() -> None:
    for rules in (
        MdmRules(on_deactivate=ChangePolicy(policy="Quarantine")),
        DashboardRules(on_create=CreateCollaborator(role=Role.EDITOR)),
    ):
        assert RULES.validate_python(RULES.dump_python(rules, mode="json")) == rules


def test_only_the_lines_that_concern_a_person_are_told() -> None:
    admins = RoleLine(name="Admins", role=Role.ADMIN)
    writers = RoleLine(name="Writers", role=Role.EDITOR)
    rules = DashboardRules(role_map=(admins, writers))
    assert rules.lines_for(["admins", "Everyone"]) == (admins,)


def test_a_group_is_mapped_by_its_id_under_the_name_that_it_has_now() -> None:
    rules = DashboardRules(group_map=(GroupLine(group="g1", role=Role.ADMIN),))
    assert rules.lines_for(["Admins"], ["Admins"]) == ()
    named = rules.with_group_names({"g1": "Admins ", "g2": "Others"})
    told = (RoleLine(name="Admins ", role=Role.ADMIN),)
    assert named.lines_for(["ADMINS", "Others"], ["ADMINS", "Others"]) == told
    assert named.lines_for(["Others"], ["Others"]) == ()
    assert named.with_group_names({}).lines_for(["Admins"], ["Admins"]) == ()


def test_a_scim_role_with_the_name_of_a_mapped_group_gives_nothing() -> None:
    rules = DashboardRules(group_map=(GroupLine(group="g1", role=Role.ADMIN),))
    named = rules.with_group_names({"g1": "Admins"})
    assert named.lines_for(["Admins"], []) == ()


def test_names_of_groups_are_not_stored() -> None:
    rules = DashboardRules(group_map=(GroupLine(group="g1", role=Role.ADMIN),))
    named = rules.with_group_names({"g1": "Admins"})
    stored = RULES.dump_python(named, mode="json")
    assert stored["group_map"] == [{"group": "g1", "role": "admin"}]
    assert RULES.validate_python(stored) == rules
    assert rules.highest_role is Role.ADMIN


def test_a_group_maps_to_one_role() -> None:
    lines = [GroupLine(group="g1", role=role) for role in (Role.ADMIN, Role.VIEWER)]
    with pytest.raises(ValidationError, match="twice"):
        DashboardRules(group_map=tuple(lines))


@pytest.mark.parametrize(
    ("rule", "mapped", "highest"),
    [
        (None, [], None),
        (Role.VIEWER, [], Role.VIEWER),
        (None, [Role.EDITOR, Role.VIEWER], Role.EDITOR),
        (Role.VIEWER, [Role.VIEWER, Role.ADMIN], Role.ADMIN),
        (Role.EDITOR, [Role.VIEWER], Role.EDITOR),
    ],
)
def test_the_highest_role_that_anybody_can_get_is_of_the_rule_or_of_any_line(
    rule: Role | None, mapped: list[Role], highest: Role | None
) -> None:
    lines = tuple(RoleLine(name=f"group {n}", role=role) for n, role in enumerate(mapped))
    on_create = CreateNothing() if rule is None else CreateCollaborator(role=rule)
    assert DashboardRules(on_create=on_create, role_map=lines).highest_role is highest


@given(st.lists(st.sampled_from(Role)))
def test_the_highest_role_wins(roles: list[Role]) -> None:
    order = [Role.ADMIN, Role.EDITOR, Role.VIEWER]
    expected = next((role for role in order if role in roles), None)
    assert Role.highest(roles) is expected
