"""What does a portal do when people join and leave? Rules name a creation and a deactivation."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from contracts.frozen import Frozen
from contracts.names import comparison_key, name_key


class Portal(StrEnum):
    """Where the people of a workspace sign in."""

    DASHBOARD = "dashboard"
    STORE = "store"
    MDM = "mdm"


class Role(StrEnum):
    """What a collaborator may do on the dashboard."""

    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def precedence(self) -> int:
        """Return the rank among the roles: the higher one wins."""
        return _PRECEDENCE[self]

    @staticmethod
    def highest(roles: Iterable["Role"]) -> "Role | None":
        """Return the role that wins, None where there is none to choose from."""
        return max(roles, key=lambda role: role.precedence, default=None)


_PRECEDENCE = {Role.VIEWER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


# --- creations ----------------------------------------------------------------------------


class CreateNothing(Frozen):
    """Make no account; one that exists already with the e-mail is still linked."""

    do: Literal["nothing"] = "nothing"


class CreateEmployee(Frozen):
    """Make an employee of the Enterprise Store."""

    do: Literal["create-employee"] = "create-employee"


class CreateCollaborator(Frozen):
    """Make a collaborator of the Dashboard, with the role it has while no name maps to one."""

    do: Literal["create-collaborator"] = "create-collaborator"
    role: Role


class CreateMdmEmployee(Frozen):
    """Make an MDM employee, to whom devices can be assigned."""

    do: Literal["create-mdm-employee"] = "create-mdm-employee"


StoreCreation = Annotated[CreateNothing | CreateEmployee, Field(discriminator="do")]
DashboardCreation = Annotated[CreateNothing | CreateCollaborator, Field(discriminator="do")]
MdmCreation = Annotated[CreateNothing | CreateMdmEmployee, Field(discriminator="do")]


# --- deactivations ------------------------------------------------------------------------


class LeaveAlone(Frozen):
    """Keep account and devices as they are."""

    do: Literal["nothing"] = "nothing"


class RemoveEmployee(Frozen):
    """Remove the employee of the Enterprise Store."""

    do: Literal["remove-employee"] = "remove-employee"


class RemoveCollaborator(Frozen):
    """Remove the collaborator of the Dashboard, unless it is the last Admin."""

    do: Literal["remove-collaborator"] = "remove-collaborator"


class UnassignDevices(Frozen):
    """Release the devices that are assigned to the MDM employee."""

    do: Literal["unassign-devices"] = "unassign-devices"


class ChangePolicy(Frozen):
    """Put the assigned devices under a named policy."""

    do: Literal["change-policy"] = "change-policy"
    policy: Annotated[str, Field(min_length=1)]


class RemoveUser(Frozen):
    """Release the assigned devices, then remove the MDM employee."""

    do: Literal["remove-user"] = "remove-user"


class RemoveUserAndDevices(Frozen):
    """Remove the assigned devices from the inventory, then the MDM employee."""

    do: Literal["remove-user-and-devices"] = "remove-user-and-devices"


StoreDeactivation = Annotated[LeaveAlone | RemoveEmployee, Field(discriminator="do")]
DashboardDeactivation = Annotated[LeaveAlone | RemoveCollaborator, Field(discriminator="do")]
MdmDeactivation = Annotated[
    LeaveAlone | UnassignDevices | ChangePolicy | RemoveUser | RemoveUserAndDevices,
    Field(discriminator="do"),
]
DeactivationAction = (
    LeaveAlone
    | RemoveEmployee
    | RemoveCollaborator
    | UnassignDevices
    | ChangePolicy
    | RemoveUser
    | RemoveUserAndDevices
)
DEACTIVATION_ACTION: TypeAdapter[DeactivationAction] = TypeAdapter(
    Annotated[DeactivationAction, Field(discriminator="do")]
)
"""Reads the deactivation action of any portal."""


# --- the rules of a connection ------------------------------------------------------------


class RoleLine(Frozen):
    """One line of a role mapping: people of this group, or with this SCIM role, get this role."""

    name: Annotated[str, Field(min_length=1)]
    role: Role


class GroupLine(Frozen):
    """One line of a role mapping: people of the group with this id, whatever its name is.

    ``name`` is the name that the group has at the moment, where that is known. It is never stored.
    """

    group: Annotated[str, Field(min_length=1)]
    role: Role
    name: Annotated[str | None, Field(exclude=True)] = None


class StoreRules(Frozen):
    """The rules of a connection of the Enterprise Store."""

    portal: Literal[Portal.STORE] = Portal.STORE
    on_create: StoreCreation = CreateNothing()
    on_deactivate: StoreDeactivation = LeaveAlone()


class DashboardRules(Frozen):
    """The rules of a connection of the Dashboard, with the roles that names are mapped to.

    ``group_map`` maps groups by their ids. It is a field of its own, so that a version before it
    can still read the rules; that version gives no role by it.
    """

    portal: Literal[Portal.DASHBOARD] = Portal.DASHBOARD
    on_create: DashboardCreation = CreateNothing()
    on_deactivate: DashboardDeactivation = LeaveAlone()
    role_map: tuple[RoleLine, ...] = ()
    group_map: tuple[GroupLine, ...] = ()

    @model_validator(mode="after")
    def _a_name_maps_to_one_role(self) -> Self:
        keys = [comparison_key(line.name) for line in self.role_map]
        if len(set(keys)) < len(keys):
            raise ValueError("a name is mapped to a role twice")
        return self

    @model_validator(mode="after")
    def _a_group_maps_to_one_role(self) -> Self:
        groups = {line.group for line in self.group_map}
        if len(groups) < len(self.group_map):
            raise ValueError("a group is mapped to a role twice")
        return self

    @property
    def mapped_roles(self) -> list[Role]:
        """Return the roles that lines of the mapping give, by name or by a group's id."""
        return [line.role for line in self.role_map] + [line.role for line in self.group_map]

    @property
    def highest_role(self) -> Role | None:
        """Return the highest role that these rules can give, None where they give none."""
        mapped = self.mapped_roles
        match self.on_create:
            case CreateCollaborator(role=role):
                return Role.highest([role, *mapped])
            case CreateNothing():
                return Role.highest(mapped)

    def lines_for(self, names: Iterable[str], groups: Iterable[str] = ()) -> tuple[RoleLine, ...]:
        """Return the lines of the mapping for any of these group or role names.

        Two lines may differ only by the blanks around a name; both hold, and the higher role wins.
        A line with the id of a group has the name of the group, if that is known.

        :param groups: the names of groups alone. A SCIM role of the same name is no membership.
        """
        keys = {name_key(name) for name in names} - {""}
        group_keys = {name_key(name) for name in groups} - {""} if self.group_map else set()
        by_name = [line for line in self.role_map if name_key(line.name) in keys]
        by_group = [
            RoleLine(name=line.name, role=line.role)
            for line in self.group_map
            if line.name is not None and name_key(line.name) in group_keys
        ]
        return (*by_name, *by_group)

    def with_group_names(self, names: Mapping[str, str]) -> Self:
        """Return the rules with the present names of mapped groups.

        :param names: those of the groups that there are, by their ids.
        """
        lines = [it.model_copy(update={"name": names.get(it.group)}) for it in self.group_map]
        return self.model_copy(update={"group_map": tuple(lines)})


class MdmRules(Frozen):
    """The rules of a connection of the MDM Portal."""

    portal: Literal[Portal.MDM] = Portal.MDM
    on_create: MdmCreation = CreateNothing()
    on_deactivate: MdmDeactivation = LeaveAlone()


Rules = Annotated[StoreRules | DashboardRules | MdmRules, Field(discriminator="portal")]

RULES: TypeAdapter[StoreRules | DashboardRules | MdmRules] = TypeAdapter(Rules)
"""Reads and writes the rules of any portal as JSON."""
