"""What can be drawn for a history? Rules of every portal, people, addresses, names."""

from hypothesis import strategies as st

from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    CreateNothing,
    DashboardRules,
    LeaveAlone,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    RoleLine,
    StoreRules,
    UnassignDevices,
)
from tests.convergence.directory import AnyRules

NAMES = ("ada", "ben", "eve")
GROUPS = ("IT", "Sales", "Guests")

roles = st.sampled_from(Role)
role_maps = st.dictionaries(st.sampled_from(GROUPS), roles).map(
    lambda names: tuple(RoleLine(name=name, role=role) for name, role in names.items())
)
store_rules = st.builds(
    StoreRules,
    on_create=st.sampled_from([CreateNothing(), CreateEmployee()]),
    on_deactivate=st.sampled_from([LeaveAlone(), RemoveEmployee()]),
)
dashboard_rules = st.builds(
    DashboardRules,
    on_create=st.just(CreateNothing()) | st.builds(CreateCollaborator, role=roles),
    on_deactivate=st.sampled_from([LeaveAlone(), RemoveCollaborator()]),
    role_map=role_maps,
)
mdm_rules = st.builds(
    MdmRules,
    on_create=st.sampled_from([CreateNothing(), CreateMdmEmployee()]),
    on_deactivate=st.sampled_from(
        [
            LeaveAlone(),
            UnassignDevices(),
            ChangePolicy(policy="locked"),
            ChangePolicy(policy="unknown"),
            RemoveUser(),
            RemoveUserAndDevices(),
        ]
    ),
)
RULES_OF: dict[Portal, st.SearchStrategy[AnyRules]] = {
    Portal.STORE: store_rules,
    Portal.DASHBOARD: dashboard_rules,
    Portal.MDM: mdm_rules,
}

names = st.sampled_from(NAMES)
OKTA, ENTRA = "okta", "entra"
connections = st.sampled_from([OKTA, OKTA, OKTA, ENTRA])
addresses = st.sampled_from([*(f"{name}@acme.test" for name in NAMES), "ADA@acme.test", None])
OWN = "own"
own_or_other_address = st.sampled_from([OWN] * 4) | addresses
hand_made = st.dictionaries(
    st.sampled_from([f"{name}@{host}.test" for host in ("acme", "acme", "new") for name in NAMES]),
    roles,
    max_size=3,
)
role_names = st.lists(st.sampled_from(GROUPS), max_size=1).map(tuple)
numbers = st.integers(0, 5)
steps = st.integers(-3, 9)
