"""How do the rules of a connection change? New choices replace old ones; a resync follows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import check_policy
from api.admin.rule_choices import RuleChoices, merged
from api.admin.rules import rules_from
from api.admin.scope import connection_for
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Connection
from api.errors import RulesOfAnotherPortal
from api.outbox.marks import mark_connection
from api.reconciliation.leavers import unknown_leavers
from api.reconciliation.verdicts import Finding
from api.traces import new_trace
from contracts.rules import RULES, Rules


@dataclass(frozen=True, slots=True)
class ChangedRules:
    """The new rules, the number of marked identities, and the unknown leavers left unmarked."""

    rules: Rules
    marked: int
    left_alone: Sequence[Finding]


async def change_rules(
    it: Administration, actor: Actor, connection_id: str, given: RuleChoices
) -> ChangedRules:
    """Change the given choices of a connection, and publish its identities, but unknown leavers.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises NothingToChange: when no choice is given.
    :raises UnusableRules: when the choices make no rules for its portal.
    :raises UnknownPolicy: when they name a policy that its workspace does not have.
    """
    directory, downstream = it.directory, it.downstream
    async with directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN)
    rules = rules_from(found.portal, merged(found.rules, given))
    await check_policy(downstream.policies, found.workspace, rules)
    leavers = await unknown_leavers(directory, downstream.states, connection_id, clock=it.clock)
    left_alone = {leaver.identity for leaver in leavers}
    marked = await replace_rules(
        directory, connection_id, rules, it.clock(), except_for=left_alone, actor=actor
    )
    return ChangedRules(rules, marked, leavers)


async def replace_rules(
    database: DirectoryDatabase,
    connection_id: str,
    rules: Rules,
    now: int,
    *,
    except_for: Collection[str] = (),
    actor: Actor = COMMAND,
) -> int:
    """Replace the rules of a connection; return the number of identities marked for publication.

    :param except_for: the ids of identities left unmarked: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises RulesOfAnotherPortal: when the rules are not for its portal.
    """
    async with database.write() as db:
        connection = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        if connection.portal != rules.portal:
            raise RulesOfAnotherPortal(connection_id, connection.portal, rules.portal)
        before, after = (RULES.dump_python(it, mode="json") for it in (connection.rules, rules))
        of_connection = col(Connection.id) == connection_id
        await db.execute(update(Connection).where(of_connection).values(rules=after))
        trace, workspace = new_trace(), connection.workspace
        change = Change("connections.change", workspace, connection_id, before=before, after=after)
        await record(db, actor, change, now, trace)
        return await mark_connection(db, connection_id, trace, now, except_for=except_for)
