"""How do the rules of a connection change? New choices replace old ones; a resync follows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col

from api.admin.connections import check_policy, find_connection, get_connection
from api.admin.rule_choices import RuleChoices, merged
from api.admin.rules import rules_from
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Connection
from api.errors import RulesOfAnotherPortal
from api.outbox.marks import mark_connection
from api.reconciliation.leavers import unknown_leavers
from api.reconciliation.verdicts import Finding
from api.traces import new_trace
from contracts.clock import Clock, now
from contracts.downstream.policies import Policies
from contracts.downstream.sync_states import SyncStates
from contracts.rules import RULES, Rules


@dataclass(frozen=True, slots=True)
class ChangedRules:
    """The new rules, the number of marked identities, and the unknown leavers left unmarked."""

    rules: Rules
    marked: int
    left_alone: Sequence[Finding]


async def change_rules(
    directory: DirectoryDatabase,
    policies: Policies,
    states: SyncStates,
    connection_id: str,
    given: RuleChoices,
    clock: Clock = now,
) -> ChangedRules:
    """Change the given choices of a connection, and publish its identities, but unknown leavers.

    :raises UnknownConnection: when there is no connection with this id.
    :raises NothingToChange: when no choice is given.
    :raises UnusableRules: when the choices make no rules for its portal.
    :raises UnknownPolicy: when they name a policy that its workspace does not have.
    """
    found = await get_connection(directory, connection_id)
    rules = rules_from(found.portal, merged(found.rules, given))
    await check_policy(policies, found.workspace, rules)
    leavers = await unknown_leavers(directory, states, connection_id, clock=clock)
    left_alone = {it.identity for it in leavers}
    marked = await replace_rules(directory, connection_id, rules, clock(), except_for=left_alone)
    return ChangedRules(rules, marked, leavers)


async def replace_rules(
    database: DirectoryDatabase,
    connection_id: str,
    rules: Rules,
    now: int,
    *,
    except_for: Collection[str] = (),
) -> int:
    """Replace the rules of a connection; return the number of identities marked for publication.

    :param except_for: the ids of identities left unmarked: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises RulesOfAnotherPortal: when the rules are not for its portal.
    """
    async with database.write() as db:
        connection = await find_connection(db, connection_id, lock=True)
        if connection.portal != rules.portal:
            raise RulesOfAnotherPortal(connection_id, connection.portal, rules.portal)
        await db.execute(
            update(Connection)
            .where(col(Connection.id) == connection_id)
            .values(rules=RULES.dump_python(rules, mode="json"))
        )
        return await mark_connection(db, connection_id, new_trace(), now, except_for=except_for)
