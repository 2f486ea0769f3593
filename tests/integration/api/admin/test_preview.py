"""Which events does a preview plan? Those that relays would publish, and nothing is written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, update

from api.admin.actors import COMMAND, Actor, Power
from api.admin.change_rules import change_rules
from api.admin.preview import WhatIf, preview
from api.admin.rule_choices import RuleChoices
from api.directory.connection_states import Verb
from api.directory.leavings import Leaving
from api.directory.tables import ApiTable
from api.errors import (
    ApiError,
    ConnectionCloses,
    ConnectionOff,
    NothingToPreview,
    UnknownConnection,
    UnknownPerson,
    UnknownPolicy,
    UnusableRules,
)
from api.outbox.relay import Relay
from contracts.downstream.preview import EffectKind, PlannedEffect
from contracts.downstream.sync_states import SyncState
from contracts.identity_changed import IdentityChanged, decode
from contracts.rules import CreateNothing, MdmRules, RemoveEmployee
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel, PublishOutcome, TransportState
from tests.drivers.administration import States, administration_on, stand
from tests.drivers.in_process import Ingress, ingress_on, metrics_of_nobody
from tests.drivers.many_users import PATTERN, multiply

NO_ACCOUNTS = RuleChoices(on_create="nothing")
BEYOND = 4_000_000_000_000_000
INACTIVE = {"op": "replace", "path": "active", "value": False}


@dataclass(slots=True)
class Planned:
    """A Preview that keeps the pages of events that it is given, and tells one effect of each."""

    pages: list[list[IdentityChanged]] = field(default_factory=list)

    async def of(
        self, events: AsyncIterator[Sequence[IdentityChanged]]
    ) -> AsyncIterator[PlannedEffect]:
        async for page in events:
            self.pages.append([*page])
            for event in page:
                yield PlannedEffect(
                    event.connection, event.identity, EffectKind.CREATE, None, None, "rule"
                )


@dataclass(slots=True)
class Collector:
    """A publisher that keeps what it is given."""

    events: list[IdentityChanged] = field(default_factory=list)

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.events += [decode(it.body).data for it in parcels]
        return [Confirmed() for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True, backlog=None)


async def published(ingress: Ingress) -> list[IdentityChanged]:
    """Return what relays publish of all marks."""
    collector = Collector()
    relay = Relay(ingress.database, collector, metrics_of_nobody())
    for lane in Lane:
        while await relay.move(lane):
            pass
    return collector.events


async def rows(ingress: Ingress) -> list[Any]:
    async with ingress.database.read() as db:
        tables = ApiTable.metadata.sorted_tables
        return [sorted(map(tuple, await db.execute(select(it))), key=str) for it in tables]


async def imagined(
    ingress: Ingress, asked: WhatIf, states: States | None = None
) -> list[list[IdentityChanged]]:
    """Return the pages of events of a preview, which leaves the directory as it is."""
    before, planned = await rows(ingress), Planned()
    it = administration_on(ingress.database, preview=planned, states=states)
    effects = [each async for each in await preview(it, COMMAND, ingress.connection, asked)]
    assert await rows(ingress) == before
    assert len(effects) == sum(map(len, planned.pages))
    return planned.pages


def versionless(events: Sequence[IdentityChanged]) -> dict[str, IdentityChanged]:
    """Return events by identity, without what the clock says."""
    return {
        it.identity: it.model_copy(
            update={
                "version": 0,
                "changed_at": 0,
                "told_at": 0,
                "terms": it.terms.model_copy(
                    update={"deactivated_at": min(it.terms.deactivated_at, 1)}
                ),
            }
        )
        for it in events
    }


async def test_a_going_live_is_precisely_the_marks_that_wait_the_urgent_ones_first(
    ingress: Ingress,
) -> None:
    ada, ben, eve, kim = [await ingress.user(name) for name in ("ada", "ben", "eve", "kim")]
    await ingress.settle()
    await stand(ingress.database, ingress.connection, Verb.PAUSE)
    await ingress.group("Staff", ada, eve)
    await ingress.patch(f"/Users/{kim}", INACTIVE)
    await ingress.http.delete(f"/Users/{eve}")
    await ingress.user("new")
    pages = await imagined(ingress, WhatIf(goes_live=True))
    await stand(ingress.database, ingress.connection, Verb.RESUME)
    assert [it for page in pages for it in page] == await published(ingress)
    urgent, bulk = pages
    assert {it.identity for it in urgent} == {kim, eve}
    assert {it.identity: it.groups for it in bulk}[ada] == ("Staff",)
    assert ben not in {it.identity for it in bulk}


async def test_changed_rules_reach_everybody_the_deleted_too(ingress: Ingress) -> None:
    ada, ben, eve = [await ingress.user(name) for name in ("ada", "ben", "eve")]
    await ingress.http.delete(f"/Users/{ben}")
    await ingress.patch(f"/Users/{eve}", INACTIVE)
    await ingress.settle()
    pages = await imagined(ingress, WhatIf(rules=NO_ACCOUNTS))
    await change_rules(
        administration_on(ingress.database), COMMAND, ingress.connection, NO_ACCOUNTS
    )
    told = [it for page in pages for it in page]
    assert {it.identity for it in told} == {ada, ben, eve}
    assert {type(it.terms.on_create) for it in told} == {CreateNothing}
    assert versionless(told) == versionless(await published(ingress))


async def test_whoever_has_left_unknown_to_the_directory_is_left_alone(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    states = States({ada: SyncState(applied_version=BEYOND, deactivated_at=BEYOND)})
    [page] = await imagined(ingress, WhatIf(rules=NO_ACCOUNTS), states)
    assert [it.identity for it in page] == [ben]


async def test_leavers_are_named_and_leave_as_the_provider_would_tell(ingress: Ingress) -> None:
    ada = await ingress.user("ada@acme.test", externalId="1")
    gone = f"{7:032x}ben@acme.test"
    ben = await ingress.user("ben@acme.test")
    await ingress.patch(f"/Users/{ben}", {"op": "replace", "path": "userName", "value": gone})
    await ingress.user("eve")
    await published(ingress)
    [page] = await imagined(ingress, WhatIf(leavers=["1", gone, "ADA@acme.test"]))
    for leaver in (ada, ben):
        await ingress.patch(f"/Users/{leaver}", INACTIVE)
    told = versionless(page)
    assert told == versionless(await published(ingress))
    assert {it.identity: it.terms.deactivation for it in page} == {
        ada: RemoveEmployee(),
        ben: RemoveEmployee(),
    }
    assert told[ben].profile.waiting_email == gone


async def test_whoever_is_inactive_does_not_leave_again(ingress: Ingress) -> None:
    ada = await ingress.user("ada", active=False)
    await ingress.settle()
    assert await imagined(ingress, WhatIf(leavers=["ada"])) == []
    rules_too = WhatIf(rules=RuleChoices(on_deactivate="nothing"), leavers=[ada])
    [[event]] = await imagined(ingress, rules_too)
    assert event.terms.deactivated_at == 0


async def test_a_change_of_a_paused_connection_leaves_out_what_waits_beside_it(
    ingress: Ingress,
) -> None:
    ada = await ingress.user("ada")
    await ingress.user("ben")
    await stand(ingress.database, ingress.connection, Verb.PAUSE)
    [[event]] = await imagined(ingress, WhatIf(leavers=["ada"]))
    assert (event.identity, event.active) == (ada, False)


async def test_all_together_is_one_event_of_each_person(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await stand(ingress.database, ingress.connection, Verb.OBSERVE)
    asked = WhatIf(RuleChoices(on_deactivate="nothing"), ["ada"], goes_live=True)
    [[first], [second]] = await imagined(ingress, asked)
    assert (first.identity, second.identity) == (ada, ben)
    assert first.terms.deactivation.do == "nothing"


async def test_many_people_come_in_pages(ingress: Ingress) -> None:
    pattern = await ingress.user(PATTERN)
    await multiply(ingress.database, ingress.connection, pattern, range(1, 2_500))
    pages = await imagined(ingress, WhatIf(rules=NO_ACCOUNTS))
    assert [len(page) for page in pages] == [1_000, 1_000, 500]
    assert len({it.identity for page in pages for it in page}) == 2_500


ASKED: list[tuple[WhatIf, type[ApiError]]] = [
    (WhatIf(), NothingToPreview),
    (WhatIf(leavers=["ada", "nobody"]), UnknownPerson),
    (WhatIf(rules=RuleChoices(on_create="create-mdm-employee")), UnusableRules),
]


@pytest.mark.parametrize(("asked", "error"), ASKED)
async def test_a_mistake_is_told_before_anything_is_computed(
    ingress: Ingress, asked: WhatIf, error: type[ApiError]
) -> None:
    await ingress.user("ada")
    with pytest.raises(error):
        await preview(administration_on(ingress.database), COMMAND, ingress.connection, asked)


async def test_a_policy_has_to_be_there(ingress: Ingress) -> None:
    asked = WhatIf(rules=RuleChoices(on_deactivate="change-policy", policy="Quarantine"))
    async with ingress_on(ingress.database, MdmRules()) as mdm:
        with pytest.raises(UnknownPolicy, match="Quarantine"):
            await preview(administration_on(ingress.database), COMMAND, mdm.connection, asked)


async def test_a_connection_that_is_off_or_closes_refuses_what_cannot_be(ingress: Ingress) -> None:
    await ingress.user("ada")
    it, connection = administration_on(ingress.database), ingress.connection
    await stand(ingress.database, connection, Verb.OFF)
    for asked in (WhatIf(goes_live=True), WhatIf(leavers=["ada"])):
        with pytest.raises(ConnectionOff):
            await preview(it, COMMAND, connection, asked)
    assert await preview(it, COMMAND, connection, WhatIf(rules=NO_ACCOUNTS)) is not None
    async with ingress.database.write() as db:
        await db.execute(update(ApiTable.metadata.tables["connections"]).values(state="closing"))
    for asked in (WhatIf(goes_live=True), WhatIf(rules=NO_ACCOUNTS)):
        with pytest.raises(ConnectionCloses):
            await preview(it, COMMAND, connection, asked)


async def test_a_viewer_may_look_and_another_workspace_is_told_nothing(ingress: Ingress) -> None:
    await ingress.user("ada")
    it, asked = administration_on(ingress.database), WhatIf(rules=NO_ACCOUNTS)
    viewer, stranger = (Actor("admin:1", name, Power.VIEW) for name in ("Acme", "Other"))
    assert await preview(it, viewer, ingress.connection, asked) is not None
    with pytest.raises(UnknownConnection):
        await preview(it, stranger, ingress.connection, asked)


async def test_several_leavers_are_found_and_the_unknown_one_is_told_by_its_place(
    ingress: Ingress,
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    [page] = await imagined(ingress, WhatIf(leavers=["BEN", ada, ben]))
    assert {it.identity for it in page} == {ada, ben}
    it, asked = administration_on(ingress.database), WhatIf(leavers=["ben", "eve", "ada"])
    with pytest.raises(UnknownPerson, match="name 2 of 3") as raised:
        await preview(it, COMMAND, ingress.connection, asked)
    assert "eve" not in str(raised.value)


async def test_whoever_is_held_is_shown_as_before_and_leaves_if_let_go(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    await ingress.patch(f"/Users/{ada}", INACTIVE)
    async with ingress.database.write() as db:
        identities = ApiTable.metadata.tables["identities"]
        await db.execute(update(identities).values(leaving=Leaving.HELD))
    [[event]] = await imagined(ingress, WhatIf(goes_live=True))
    assert event.active
    [[event]] = await imagined(ingress, WhatIf(leavers=["ada"]))
    assert (event.active, event.terms.deactivation) == (False, RemoveEmployee())
