"""Which words may an option take? Closed choices are listed by the help and by each error."""

from enum import StrEnum
from typing import Annotated

import typer

from contracts.downstream.failures import Kind
from contracts.rules import Portal, Role


class Creation(StrEnum):
    """The rules for a user who is created; a portal has some of them."""

    NOTHING = "nothing"
    CREATE_EMPLOYEE = "create-employee"
    CREATE_COLLABORATOR = "create-collaborator"
    CREATE_MDM_EMPLOYEE = "create-mdm-employee"


class Deactivation(StrEnum):
    """The rules for a user who is deactivated; a portal has some of them."""

    NOTHING = "nothing"
    REMOVE_EMPLOYEE = "remove-employee"
    REMOVE_COLLABORATOR = "remove-collaborator"
    UNASSIGN_DEVICES = "unassign-devices"
    CHANGE_POLICY = "change-policy"
    REMOVE_USER = "remove-user"
    REMOVE_USER_AND_DEVICES = "remove-user-and-devices"


PortalArgument = Annotated[
    Portal, typer.Argument(case_sensitive=False, help="The portal where people sign in.")
]
RoleOption = Annotated[
    Role | None,
    typer.Option("--role", case_sensitive=False, help="The role (default: viewer)."),
]
CreationOption = Annotated[
    Creation | None,
    typer.Option(
        case_sensitive=False,
        metavar="RULE",
        help="nothing (the default), create-employee on store, create-collaborator on dashboard,"
        " create-mdm-employee on mdm.",
    ),
]
DeactivationOption = Annotated[
    Deactivation | None,
    typer.Option(
        case_sensitive=False,
        metavar="RULE",
        help="nothing (the default), remove-employee on store, remove-collaborator on dashboard,"
        " unassign-devices, change-policy, remove-user or remove-user-and-devices on mdm.",
    ),
]
KindArgument = Annotated[
    Kind | None,
    typer.Argument(case_sensitive=False, help="Only failures of this kind."),
]
