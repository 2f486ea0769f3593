"""Why is it so with a person? Facts of both sides are gathered, and tables decide on them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.find_person import find_person
from api.admin.why.account import account_answer
from api.admin.why.answers import Answer
from api.admin.why.devices import devices_answer
from api.admin.why.facts import PersonFacts
from api.admin.why.role import role_answer
from api.directory.identity_changes import IdentityState, next_version
from api.directory.identity_rows import state_of
from api.directory.leavings import Leaving
from api.directory.person_records import read_record
from api.errors import UnknownPerson
from api.outbox.events import Draft, render
from api.outbox.leasing import unleased_marks
from api.outbox.mapped_groups import rules_with_names
from api.reconciliation.pairs import pairs_of
from api.reconciliation.person_states import person_standing
from contracts.downstream.accounts import AccountFilter
from contracts.downstream.preview import PlannedEffect
from contracts.identity_changed import IdentityChanged
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy, Role

LAST_AND_ANOTHER = 2
"""The Admins that are looked for, to know whether there is another one."""


async def explain(
    it: Administration, actor: Actor, connection_id: str, text: str
) -> tuple[str, Sequence[Answer]]:
    """Return the id of a person, and why account, role and devices are as they are.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises UnknownPerson: when the text means nobody.
    :raises AmbiguousPerson: when the text means several people.
    """
    connection, person = await find_person(it, actor, connection_id, text, Power.VIEW)
    facts = await gather(it, connection, person.identity)
    portal = PORTALS[connection.portal]
    answers = [account_answer(facts)]
    if portal.has_roles:
        answers.append(role_answer(facts))
    if portal.has_devices:
        answers.append(devices_answer(facts))
    return person.identity, answers


async def gather(it: Administration, connection: ConnectionInUse, id_: str) -> PersonFacts:
    """Gather the facts about a person.

    :raises UnknownPerson: when the person's connection was deleted meanwhile.
    """
    downstream = it.downstream
    pairs = await pairs_of(it.directory, downstream.states, connection.id, [id_])
    async with it.directory.read() as db:
        record = await read_record(db, connection.id, id_)
        named = await rules_with_names(db, {connection.id: connection.rules})
    if record is None or not pairs:
        raise UnknownPerson(connection.id)
    [(version, state)] = pairs
    account = (await downstream.accounts.held_by(connection.id, [id_])).get(id_)
    history = await downstream.histories.of(connection.id, id_)
    admins = AccountFilter(portal=connection.portal, role=Role.ADMIN, removed=False)
    found = await downstream.accounts.page(connection.workspace, admins, most=LAST_AND_ANOTHER)
    newest, hold = state_of(record.identity), record.identity["admin_hold"]
    facts = PersonFacts(
        connection=replace(connection, rules=named.get(connection.id, connection.rules)),
        identity=id_,
        newest=newest,
        groups=tuple(record.groups),
        standing=person_standing(version, state),
        account=None if account is None or account.removed else account,
        devices=tuple((await downstream.devices.held_by(connection.id, [id_])).get(id_, ())),
        taken=() if history is None else history.device_actions,
        coming=await _coming(it, connection, id_, 0 if state is None else state.newest_version),
        holder=None,
        admins=len(found.items),
        missing=await _missing(it, connection, newest),
        admin_hold=None if hold is None else Leaving(hold),
    )
    if facts.email is None:
        return facts
    workspace, portal = connection.workspace, connection.portal
    holder = await downstream.histories.holder_of(workspace, portal, facts.email)
    return replace(facts, holder=holder)


async def _missing(
    it: Administration, connection: ConnectionInUse, newest: IdentityState
) -> frozenset[str]:
    """Return the policies that are named, and that the workspace does not have."""
    actions = (connection.rules.on_deactivate, newest.deactivation)
    named = {action.policy for action in actions if isinstance(action, ChangePolicy)}
    policies, workspace = it.downstream.policies, connection.workspace
    return frozenset([name for name in named if not await policies.exists(workspace, name)])


async def _coming(
    it: Administration, connection: ConnectionInUse, id_: str, applied: int
) -> tuple[PlannedEffect, ...]:
    """Return the effects on a person of the released state, as if it were published anew."""

    def renewed(draft: Draft) -> Draft:
        state = draft.mark.state
        version = next_version(max(state.version, applied), it.clock())
        return replace(draft, mark=replace(draft.mark, state=replace(state, version=version)))

    async with it.directory.snapshot() as db:
        marks = await unleased_marks(db, connection.id, [id_])
        events = await render(db, marks, renewed)

    async def page() -> AsyncIterator[Sequence[IdentityChanged]]:
        yield events

    effects = [effect async for effect in it.downstream.preview.of(page())]
    return tuple(
        effect for effect in effects if (effect.connection, effect.identity) == (connection.id, id_)
    )
