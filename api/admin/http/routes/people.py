"""Which routes have people? They are listed, shown with their timelines, locked and unlocked."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.admin.http.asked import By
from api.admin.http.models import Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.lock_person import Locking, lock_person, unlock_person
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import list_people
from api.admin.show_person import show_person
from api.directory.connection_states import ConnectionState
from api.reconciliation.person_states import PersonState
from contracts.rules import Portal, Role

router = APIRouter(tags=["people"])

PERSON: dict[str, Any] = {
    "connection": "acme-store",
    "identity": "2819c223",
    "user_name": "ada@example.com",
    "email": "ada@example.com",
    "external_id": "00u1",
    "active": True,
    "deleted": False,
    "state": "refused",
    "reason": "conflict",
    "released_version": 1795723200000000,
    "applied_version": 1795723200000000,
}
LOCK: dict[str, Any] = {
    "connection": "acme-store",
    "identity": "2819c223",
    "user_name": "ada@example.com",
    "done": "locked",
    "active": False,
    "locked_at": "2026-11-26T20:00:00Z",
    "deactivation": "remove-employee",
    "waits": None,
}

Person = Annotated[
    str, Path(description="The id, or a userName, an e-mail or an externalId without a slash.")
]


class PersonShown(Shown):
    """A person as the provider pushed it, with the sync state."""

    model_config = with_examples(PERSON)

    connection: str
    identity: str
    user_name: str
    email: str | None
    external_id: str | None
    active: bool
    deleted: bool
    state: PersonState
    reason: str | None = Field(
        description="Why the person is held, refused or failed. `waived`, of somebody applied: a"
        " held loss was rejected, so that the person keeps what the provider has taken away."
    )
    released_version: int
    applied_version: int


class AccountHeld(Shown):
    """The account that a person holds."""

    portal: Portal
    email: str | None
    role: Role | None
    own_role: Role | None
    groups: list[str]
    removed: bool
    made_by: str
    released: bool
    protected: bool


class DeviceHeld(Shown):
    """A device that is assigned to the account of a person."""

    serial: str
    policy: str | None


class HolderShown(Shown):
    """The identity that holds the address of a person in a conflict, if any does."""

    connection: str | None
    identity: str | None
    user_name: str | None


class EntryShown(Shown):
    """Something that happened to a person."""

    at: Time
    event: str
    details: dict[str, Any]


class WholePersonShown(PersonShown):
    """A person with names as last sent, groups, account, devices and timeline.

    In a conflict, `holder` has the wanted address.
    """

    model_config = with_examples(
        PERSON
        | {
            "display_name": "Ada",
            "locked_at": None,
            "groups": ["Sales"],
            "account": None,
            "devices": [],
            "holder": {
                "connection": "acme-store-2",
                "identity": "7f3a9c01",
                "user_name": "countess@example.com",
            },
            "timeline": [
                {
                    "at": "2026-11-26T20:00:00Z",
                    "event": "refused",
                    "details": {"action": "provide_account", "reason": "conflict"},
                }
            ],
        }
    )

    display_name: str | None
    locked_at: Time | None = Field(description="Since when an administrator has locked the person.")
    groups: list[str]
    account: AccountHeld | None
    devices: list[DeviceHeld]
    holder: HolderShown | None = Field(
        description="The identity that has the address, in a conflict."
    )
    timeline: list[EntryShown]


class LockShown(Shown):
    """How a person stands after a lock, or after its end."""

    model_config = with_examples(LOCK)

    connection: str
    identity: str
    user_name: str
    done: Locking = Field(
        description="`let-go`: a deactivation that the brake kept back is carried out; that is no"
        " lock, and unlock does not undo it. `left`: the person had left already."
    )
    active: bool
    locked_at: Time | None = Field(
        description="Null for an inactive person whom the provider has deactivated."
    )
    deactivation: str = Field(description="The action of the rules on a leaver.")
    waits: ConnectionState | None = Field(
        description="The state of a connection that publishes nothing, where the change waits."
    )


@router.get("/people")
async def list_(
    by: By,
    paging: Paged,
    workspace: Annotated[str | None, Query(description="Only of this workspace.")] = None,
    connection: Annotated[str | None, Query(description="Only of this connection.")] = None,
    state: Annotated[PersonState | None, Query(description="Only in this sync state.")] = None,
    inactive: Annotated[bool, Query(description="Only the inactive and the deleted.")] = False,
    search: Annotated[
        str | None, Query(max_length=1_000, description="Only with this in one of their names.")
    ] = None,
    waived: Annotated[
        bool, Query(description="Only those who stay because a held loss was rejected.")
    ] = False,
    begins: Annotated[
        str | None, Query(max_length=200, description="Only with a name that begins so.")
    ] = None,
) -> PageOf[PersonShown]:
    """List people with their sync state, by connection and id, or by the name that begins so.

    A page of a narrow list may have few items and still a next page: each looks at some hundreds.
    Deleted people are listed while their deletion is on its way or kept back by a brake, and later
    by inactive or search. An index finds the names that begin so (userName, first e-mail,
    displayName, family name, externalId), but none of a deleted person; search looks at everybody.
    """
    wanted = PeopleFilter(workspace, connection, state, inactive, search, waived, begins=begins)
    page = await list_people(by.it, by.actor, wanted, after=paging.after, most=paging.most)
    return paging.shown(page, PersonShown.model_validate)


@router.get("/connections/{connection}/people/{person}")
async def show(connection: str, person: Person, by: By) -> WholePersonShown:
    """Show a person with groups, account, devices, and what happened when; deleted ones too."""
    shown = await show_person(by.it, by.actor, connection, person)
    return WholePersonShown.model_validate(shown)


@router.post("/connections/{connection}/people/{person}/lock")
async def lock(connection: str, person: Person, by: By) -> LockShown:
    """Deactivate a person at once by the rules, without the provider and past the brake.

    The lock lasts until it is ended, or until the provider deactivates or deletes the person. A
    leaving that the brake keeps back is carried out instead, which no unlock undoes.
    """
    return LockShown.model_validate(await lock_person(by.it, by.actor, connection, person))


@router.post("/connections/{connection}/people/{person}/unlock")
async def unlock(connection: str, person: Person, by: By) -> LockShown:
    """End the lock of a person, who is provided for again as the provider says by now."""
    return LockShown.model_validate(await unlock_person(by.it, by.actor, connection, person))
