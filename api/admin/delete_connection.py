"""How is a connection deleted? Its tokens end at once, its people follow, and then its rows.

``api.reconciliation.close_connections`` carries out the deletion that is begun here.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlmodel import col

from api.access.tokens import revoke_tokens
from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, Outcome, record
from api.admin.connections import DELETION, ConnectionInUse, find_connection
from api.admin.scope import connection_for
from api.directory.closing import Closing, People, Step
from api.directory.connection_states import PUBLISHING, ConnectionState
from api.directory.tables import Connection, Token
from api.errors import ConnectionCloses
from api.reconciliation.removal import count_left
from api.traces import new_trace
from contracts.rules import (
    RULES,
    CreateNothing,
    LeaveAlone,
    Rules,
)


async def delete_connection(
    it: Administration, actor: Actor, connection_id: str, people: People
) -> ConnectionInUse:
    """Begin to delete a connection, and return it as it is then: it closes until all is applied.

    From then on its provider is answered as with a wrong token. A deletion that was begun with the
    same choice goes on, and is not recorded again.

    :param people: whether people are kept or deactivated.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when its deletion was begun with another choice.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        if found.closing is not None:
            if found.closing.people is people:
                return found
            raise ConnectionCloses
        step = Step.ENDING if found.standing.state in PUBLISHING else Step.ENDING_HELD
        rules = RULES.dump_python(rules_of_the_end(found.rules, people), mode="json")
        values = {
            "state": ConnectionState.CLOSING,
            "switched_off_at": None,
            "state_since": now,
            "state_by": actor.name,
            "closing_people": Closing(people, step).stored,
            "rules": rules,
        }
        of_connection = col(Connection.id) == connection_id
        await db.execute(update(Connection).where(of_connection).values(values))
        unrevoked = col(Token.revoked_at).is_(None)
        tokens = select(col(Token.digest)).where(col(Token.connection_id) == connection_id)
        await revoke_tokens(db, list(await db.scalars(tokens.where(unrevoked))), now)
        before = {
            "state": found.standing.shown,
            "rules": RULES.dump_python(found.rules, mode="json"),
        }
        after = {"state": ConnectionState.CLOSING.value, "people": people.value}
        change = Change(DELETION, found.workspace, connection_id, before=before, after=after)
        await record(db, actor, change, now, new_trace(), Outcome.BEGUN)
        return await find_connection(db, connection_id)


def rules_of_the_end(rules: Rules, people: People) -> Rules:
    """Return the rules with which the last states of people are applied. Pure.

    They create nothing any more and, if people are kept, deactivate no person either.
    """
    nothing: dict[str, object] = {"on_create": CreateNothing()}
    if people is People.KEEP:
        nothing["on_deactivate"] = LeaveAlone()
    return rules.model_copy(update=nothing)


async def left_to_close(
    it: Administration, connections: Sequence[ConnectionInUse]
) -> Mapping[str, int]:
    """Return the numbers of people not applied yet, by the ids of the connections that close."""
    closing = [each.id for each in connections if each.closing is not None]
    if not closing:
        return {}
    async with it.directory.read() as db:
        return {id_: await count_left(db, id_) for id_ in closing}
