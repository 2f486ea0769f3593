"""How do the rules of a connection change? New choices replace old ones; a resync follows.

A new brake may come with them: both are of one transaction, so that none is changed alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.brakes import change_brake, set_brake
from api.admin.connections import check_policy
from api.admin.rule_choices import RuleChoices, merged
from api.admin.rules import rules_from
from api.admin.scope import connection_for
from api.admin.seen_names import check_groups
from api.directory.brake_limits import limit_in
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


async def change_connection(
    it: Administration,
    actor: Actor,
    connection_id: str,
    given: RuleChoices,
    brake: str | None,
    *,
    seen: str | None = None,
) -> ChangedRules:
    """Change the given choices and the brake of a connection, all of them or nothing.

    A brake alone publishes nobody.

    :param brake: ``off``, or ``NUMBER:SHARE``; None: it stays.
    :param seen: the digest of the settings that the change is based on; None: of any.
    :raises UnusableBrake: when the text is no brake.
    :raises ConnectionChanged: when the settings have another digest by now.
    :raises: what ``change_rules`` raises.
    """
    if brake is not None and given == RuleChoices():
        changed = await change_brake(it, actor, connection_id, brake, seen=seen)
        return ChangedRules(changed.rules, 0, ())
    return await change_rules(it, actor, connection_id, given, brake, seen=seen)


async def change_rules(
    it: Administration,
    actor: Actor,
    connection_id: str,
    given: RuleChoices,
    brake: str | None = None,
    *,
    seen: str | None = None,
) -> ChangedRules:
    """Change the given choices of a connection, and publish its identities, but unknown leavers.

    :param brake: the brake that it has from then on; None: the same as before.
    :param seen: the digest of the settings that the change is based on; None: of any.
    :raises ConnectionChanged: when the settings have another digest by now.
    :raises UnusableBrake: when the text is no brake.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises NothingToChange: when no choice is given.
    :raises UnusableRules: when the choices make no rules for its portal.
    :raises UnknownPolicy: when they name a policy that its workspace does not have.
    """
    if brake is not None:
        limit_in(brake)
    directory, downstream = it.directory, it.downstream
    rules = await _checked(it, actor, connection_id, given, Power.OWN)
    leavers = await unknown_leavers(directory, downstream.states, connection_id, clock=it.clock)
    left_alone = {leaver.identity for leaver in leavers}
    marked = await replace_rules(
        directory,
        connection_id,
        rules,
        it.clock(),
        brake=brake,
        except_for=left_alone,
        actor=actor,
        seen=seen,
    )
    return ChangedRules(rules, marked, leavers)


async def validate_rules(
    it: Administration, actor: Actor, connection_id: str, given: RuleChoices
) -> Rules:
    """Return the rules that a change of a connection would make, and change nothing.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NothingToChange: when no choice is given.
    :raises UnusableRules: when the choices make no rules for its portal.
    :raises UnknownPolicy: when they name a policy that its workspace does not have.
    """
    return await _checked(it, actor, connection_id, given, Power.VIEW)


async def _checked(
    it: Administration, actor: Actor, connection_id: str, given: RuleChoices, power: Power
) -> Rules:
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, power)
        await check_groups(db, found, given)
    rules = rules_from(found.portal, merged(found.rules, given))
    await check_policy(it.downstream.policies, found.workspace, rules)
    return rules


async def replace_rules(
    database: DirectoryDatabase,
    connection_id: str,
    rules: Rules,
    now: int,
    *,
    brake: str | None = None,
    except_for: Collection[str] = (),
    actor: Actor = COMMAND,
    seen: str | None = None,
) -> int:
    """Replace the rules of a connection; return the number of identities marked for publication.

    :param brake: the brake that it gets as well, which ``limit_in`` has taken.
    :param except_for: the ids of identities left unmarked: leavers unknown to the directory.
    :param seen: the digest of the settings that it has to have; None: any.
    :raises UnknownConnection: when there is no connection with this id.
    :raises ConnectionCloses: when it is being deleted.
    :raises ConnectionChanged: when its settings have another digest.
    :raises RulesOfAnotherPortal: when the rules are not for its portal.
    """
    async with database.write() as db:
        connection = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        connection.check_stays()
        connection.check_settings(seen)
        if connection.portal != rules.portal:
            raise RulesOfAnotherPortal(connection_id, connection.portal, rules.portal)
        before, after = (RULES.dump_python(it, mode="json") for it in (connection.rules, rules))
        of_connection = col(Connection.id) == connection_id
        await db.execute(update(Connection).where(of_connection).values(rules=after))
        trace, workspace = new_trace(), connection.workspace
        change = Change("connections.change", workspace, connection_id, before=before, after=after)
        await record(db, actor, change, now, trace)
        if brake is not None:
            await set_brake(db, actor, connection, brake, now)
        return await mark_connection(db, connection_id, trace, now, except_for=except_for)
