"""What do a joiner, a mover and a leaver look like? The demo tells it in requests of Okta."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.rules import (
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    Role,
    RoleLine,
    Rules,
    StoreRules,
)

STORY_WORKSPACE = "acme"
STORY_OWNER = "owner@example.com"
STORY_DEVICES = ("LAPTOP-1", "PHONE-1")
STORY_RULES: Mapping[Portal, Rules] = {
    Portal.DASHBOARD: DashboardRules(
        on_create=CreateCollaborator(role=Role.VIEWER),
        on_deactivate=RemoveCollaborator(),
        role_map=(
            RoleLine(name="Editors", role=Role.EDITOR),
            RoleLine(name="Administrators", role=Role.ADMIN),
        ),
    ),
    Portal.STORE: StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee()),
    Portal.MDM: MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUser()),
}

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
EVERYWHERE = tuple(Portal)


@dataclass(frozen=True, slots=True)
class Push:
    """A request that Okta sends to the connections of some portals.

    ``{user}`` and ``{group}`` in the path and in the body stand for the ids that creation gave.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    portals: Sequence[Portal] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Assign:
    """The assignment of a device, which an administrator does by hand."""

    serial: str
    email: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the story, with the lines of the state downstream that go and that come."""

    title: str
    acts: Sequence[Push | Assign]
    gone: Sequence[str] = ()
    new: Sequence[str] = ()


def _user(given: str, family: str, *, active: bool = True) -> dict[str, Any]:
    email = f"{given}.{family}@example.com".lower()
    return {
        "schemas": [USER],
        "userName": email,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"primary": True, "value": email, "type": "work"}],
        "displayName": f"{given} {family}",
        "externalId": "00u4d3",
        "groups": [],
        "active": active,
    }


def _set_active(*, active: bool) -> Push:
    operation = {"op": "replace", "value": {"active": active}}
    return Push("PATCH", "/Users/{user}", {"schemas": [PATCH], "Operations": [operation]})


UNASSIGNED = "nobody's"
ADA, ADA_LATER = "ada.quill@example.com", "ada.stone@example.com"

START = (
    f"dashboard  {STORY_OWNER}, admin",
    f"device     LAPTOP-1, {UNASSIGNED}",
    f"device     PHONE-1, {UNASSIGNED}",
)
STORY = (
    Step(
        "Ada joins: Okta looks for her, finds nobody, and creates her in three apps",
        [
            Push("GET", f'/Users?filter=userName%20eq%20"{ADA}"&startIndex=1&count=100'),
            Push("POST", "/Users", _user("Ada", "Quill")),
        ],
        new=[f"dashboard  {ADA}, viewer", f"store      {ADA}", f"mdm        {ADA}"],
    ),
    Step(
        "An administrator hands her a laptop and a phone",
        [Assign(serial, ADA) for serial in STORY_DEVICES],
        gone=START[1:],
        new=[f"device     LAPTOP-1, {ADA}", f"device     PHONE-1, {ADA}"],
    ),
    Step(
        "Ada moves to the editors: Okta pushes the group",
        [
            Push(
                "POST",
                "/Groups",
                {
                    "schemas": [GROUP],
                    "displayName": "Editors",
                    "members": [{"value": "{user}", "display": ADA}],
                },
                (Portal.DASHBOARD,),
            )
        ],
        gone=[f"dashboard  {ADA}, viewer"],
        new=[f"dashboard  {ADA}, editor, in Editors"],
    ),
    Step(
        "The group becomes that of the administrators: Okta renames it",
        [
            Push(
                "PATCH",
                "/Groups/{group}",
                {
                    "schemas": [PATCH],
                    "Operations": [
                        {
                            "op": "replace",
                            "value": {"id": "{group}", "displayName": "Administrators"},
                        }
                    ],
                },
                (Portal.DASHBOARD,),
            )
        ],
        gone=[f"dashboard  {ADA}, editor, in Editors"],
        new=[f"dashboard  {ADA}, admin, in Administrators"],
    ),
    Step(
        "Ada marries: Okta replaces her profile, and her accounts and devices stay hers",
        [Push("PUT", "/Users/{user}", _user("Ada", "Stone"))],
        gone=[
            f"dashboard  {ADA}, admin, in Administrators",
            f"store      {ADA}",
            f"mdm        {ADA}",
            f"device     LAPTOP-1, {ADA}",
            f"device     PHONE-1, {ADA}",
        ],
        new=[
            f"dashboard  {ADA_LATER}, admin, in Administrators",
            f"store      {ADA_LATER}",
            f"mdm        {ADA_LATER}",
            f"device     LAPTOP-1, {ADA_LATER}",
            f"device     PHONE-1, {ADA_LATER}",
        ],
    ),
    Step(
        "Ada leaves: Okta deactivates her, her devices are released, her accounts removed",
        [_set_active(active=False)],
        gone=[
            f"dashboard  {ADA_LATER}, admin, in Administrators",
            f"store      {ADA_LATER}",
            f"mdm        {ADA_LATER}",
            f"device     LAPTOP-1, {ADA_LATER}",
            f"device     PHONE-1, {ADA_LATER}",
        ],
        new=[
            *START[1:],
            "dashboard  removed, admin, in Administrators",
            "store      removed",
            "mdm        removed",
        ],
    ),
    Step(
        "Ada comes back: her old accounts return, her devices do not by themselves",
        [_set_active(active=True)],
        gone=[
            "dashboard  removed, admin, in Administrators",
            "store      removed",
            "mdm        removed",
        ],
        new=[
            f"dashboard  {ADA_LATER}, admin, in Administrators",
            f"store      {ADA_LATER}",
            f"mdm        {ADA_LATER}",
        ],
    ),
)


def lines(accounts: Sequence[ListedAccount], devices: Sequence[ListedDevice]) -> list[str]:
    """Return the state downstream in the story's form, one line for each account and device."""
    return [_account(each) for each in accounts] + [_device(each) for each in devices]


def _account(account: ListedAccount) -> str:
    parts = [account.email or "removed"]
    if account.role:
        parts.append(account.role)
    if account.groups:
        parts.append(f"in {', '.join(account.groups)}")
    return f"{account.portal:<10} {', '.join(parts)}"


def _device(device: ListedDevice) -> str:
    return f"{'device':<10} {device.serial}, {device.assigned_to or UNASSIGNED}"
