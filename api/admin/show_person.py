"""How is a person shown? Pushed names stand beside account, devices and a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.find_person import find_person
from api.admin.timelines import TimelineEntry, timeline
from api.directory.people import person_with_id
from api.directory.person_records import PersonRecord, read_record
from api.errors import UnknownPerson
from api.reconciliation.pairs import pairs_of
from api.reconciliation.person_states import PersonState, person_standing
from api.scim.users.profile import released_attributes_of
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.downstream.sync_states import SyncState
from contracts.identity_changed import Profile

CONFLICT = "conflict"
"""The reason of a refusal because another identity holds the account with the address."""


@dataclass(frozen=True, slots=True)
class AddressHolder:
    """The identity that holds the address of a person in a conflict; None: none does."""

    connection: str | None
    identity: str | None
    user_name: str | None


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A person with all that is known. Versions and times are microseconds since the epoch.

    Names are those that the provider sent last, ``active`` is of the newest state, whether it is
    released or held. ``locked_at`` is set while an administrator has locked the person, and
    ``holder`` in a conflict.
    """

    connection: str
    identity: str
    user_name: str
    display_name: str | None
    email: str | None
    external_id: str | None
    active: bool
    deleted: bool
    locked_at: int | None
    state: PersonState
    reason: str | None
    released_version: int
    applied_version: int
    groups: Sequence[str]
    account: ListedAccount | None
    devices: Sequence[ListedDevice]
    holder: AddressHolder | None
    timeline: Sequence[TimelineEntry]


async def show_person(
    it: Administration, actor: Actor, connection_id: str, text: str
) -> ShownPerson:
    """Return a person of a connection, found by id, userName, e-mail or externalId.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises UnknownPerson: when the text means nobody.
    :raises AmbiguousPerson: when the text means several people.
    """
    connection, person = await find_person(it, actor, connection_id, text, Power.VIEW)
    id_ = person.identity
    pairs = await pairs_of(it.directory, it.downstream.states, connection_id, [id_])
    async with it.directory.read() as db:
        record = await read_record(db, connection_id, id_)
    if record is None or not pairs:
        raise UnknownPerson(connection_id)  # the connection was deleted meanwhile
    [(version, state)] = pairs
    standing = person_standing(version, state)
    downstream = it.downstream
    account = (await downstream.accounts.held_by(connection_id, [id_])).get(id_)
    devices = (await downstream.devices.held_by(connection_id, [id_])).get(id_, ())
    failures = await downstream.failures.of(connection=connection_id, identity=id_)
    history = await downstream.histories.of(connection_id, id_)
    names = _newest_names(record)
    return ShownPerson(
        connection=connection_id,
        identity=id_,
        user_name=names.user_name,
        display_name=names.display_name,
        email=names.email,
        external_id=names.external_id,
        active=bool(record.identity["active"]),
        deleted=bool(record.identity["deleted"]),
        locked_at=record.identity["locked_at"],
        state=standing.state,
        reason=standing.reason,
        released_version=version.version,
        applied_version=0 if state is None else state.applied_version,
        groups=record.groups,
        account=account,
        devices=devices,
        holder=await _holder(it, connection, record, state),
        timeline=timeline(record, history, failures),
    )


def _newest_names(record: PersonRecord) -> Profile:
    """Return the names that the provider sent last; of the deleted, those that were released."""
    if record.user is None:
        return Profile.model_validate(record.identity["profile"])
    return released_attributes_of(record.user["resource"]).profile


async def _holder(
    it: Administration,
    connection: ConnectionInUse,
    record: PersonRecord,
    state: SyncState | None,
) -> AddressHolder | None:
    """Return the holder of the released address, if the person is refused for a conflict."""
    email: Any = record.identity["profile"].get("email")
    if state is None or not email or all(each.reason != CONFLICT for each in state.refusals):
        return None
    workspace, portal = connection.workspace, connection.portal
    holder = await it.downstream.histories.holder_of(workspace, portal, email)
    if holder is None or holder.identity == record.identity["id"]:
        return None
    if holder.connection is None or holder.identity is None:
        return AddressHolder(None, None, None)
    async with it.directory.read() as db:
        person = await person_with_id(db, holder.connection, holder.identity)
    user_name = None if person is None else person.user_name
    return AddressHolder(holder.connection, holder.identity, user_name)
