"""Which failures are told, and whom does another try publish?"""

from dataclasses import replace

from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.failures import FailureFilter, group_failures, list_failures, retry_failures
from api.directory.tables import Identity
from contracts.downstream.failures import Kind, ListedFailure
from contracts.downstream.sync_states import Failure, SyncState
from tests.drivers.administration import GivenUp, States, administration_on
from tests.drivers.in_process import Ingress

BEYOND = 4_000_000_000_000_000


def failed(ingress: Ingress, identity: str, version: int = 1) -> ListedFailure:
    return ListedFailure(
        ingress.connection, identity, "permanent", "no such policy", version, 5, 1, 2, "c"
    )


async def reject(ingress: Ingress, identity: str) -> None:
    """Let an identity be one that cannot be published."""
    async with ingress.database.write() as db:
        await db.execute(
            update(Identity)
            .where(col(Identity.id) == identity)
            .values(
                rejection="larger than the broker takes",
                rejected_version=BEYOND,
                rejections=1,
                first_rejected_at=1,
                rejected_at=2,
            )
        )


async def test_failures_of_both_sides_are_told(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await reject(ingress, ben)
    it = administration_on(ingress.database, failures=GivenUp([failed(ingress, ada)]))

    async def kinds(meant: FailureFilter) -> list[tuple[str, str]]:
        found = await list_failures(it, COMMAND, meant)
        return [(failure.kind, failure.identity) for failure in found]

    assert await kinds(FailureFilter()) == [("permanent", ada), ("unpublishable", ben)]
    assert await kinds(FailureFilter(kind=Kind.PERMANENT)) == [("permanent", ada)]
    assert await kinds(FailureFilter(kind=Kind.UNPUBLISHABLE)) == [("unpublishable", ben)]
    assert await kinds(FailureFilter(kind=Kind.EXHAUSTED)) == []
    assert await kinds(FailureFilter(identity=ben)) == [("unpublishable", ben)]
    assert await kinds(FailureFilter(connection="another")) == []
    groups = await group_failures(it, COMMAND)
    counts = [(group.kind, group.identities) for group in groups]
    assert counts == [
        ("permanent", 1),
        ("unpublishable", 1),
    ]


async def test_a_retry_publishes_the_failed_but_for_unknown_leavers(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.user("cleo")
    await ingress.settle()
    may_have_left = failed(ingress, ben, BEYOND)
    given_up = GivenUp([failed(ingress, ada), may_have_left, replace(may_have_left, identity="x")])
    failure = Failure("permanent", "no such policy", 5, BEYOND)
    states = States({ben: SyncState(applied_version=1, failure=failure)})
    it = administration_on(ingress.database, states=states, failures=given_up)
    done = await retry_failures(it, COMMAND, FailureFilter())
    assert (done.marked, [leaver.identity for leaver in done.left_alone]) == (1, [ben])
    assert await ingress.marked() == {ada}
