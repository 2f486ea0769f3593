"""Is every person in the sync state in which an administrator would look for them?"""

from dataclasses import replace

import pytest

from api.directory.connection_states import ConnectionState
from api.directory.identity_listing import IdentityVersion
from api.reconciliation.person_states import PersonStanding, PersonState, person_standing
from contracts.downstream.sync_states import Failure, Refusal, SyncState

PENDING, APPLIED = PersonStanding(PersonState.PENDING), PersonStanding(PersonState.APPLIED)
ADA = IdentityVersion("acme-store", "8f0c", version=5, deleted=False, dirty=False, since=1)
DIRTY = replace(ADA, dirty=True)
KEPT = replace(DIRTY, publishes=False, connection_state=ConnectionState.PAUSED)
BRAKED = replace(ADA, held=True)
TOO_LARGE = Failure("unpublishable", "the event is too large", attempts=2, version=5)
EXHAUSTED = Failure("exhausted", "DBAPIError 40001", attempts=5, version=5)
IN_STEP = SyncState(5)
REFUSED = SyncState(5, refusals=(Refusal("conflict", "link"),))
HAS_FAILED = SyncState(4, failure=EXHAUSTED)
LEFT = SyncState(6, deactivated_at=6)


@pytest.mark.parametrize(
    ("identity", "state", "standing"),
    [
        pytest.param(ADA, IN_STEP, APPLIED, id="applied"),
        pytest.param(ADA, None, PENDING, id="unknown-downstream"),
        pytest.param(ADA, SyncState(4), PENDING, id="on-its-way"),
        pytest.param(DIRTY, SyncState(4), PENDING, id="not-published"),
        pytest.param(DIRTY, REFUSED, PENDING, id="newer-than-a-refusal"),
        pytest.param(replace(ADA, version=6), HAS_FAILED, PENDING, id="newer-than-a-failure"),
        pytest.param(ADA, SyncState(6), PersonStanding(PersonState.PENDING, "ahead"), id="ahead"),
        pytest.param(ADA, REFUSED, PersonStanding(PersonState.REFUSED, "conflict"), id="refused"),
        pytest.param(ADA, LEFT, PersonStanding(PersonState.REFUSED, "left"), id="left"),
        pytest.param(ADA, HAS_FAILED, PersonStanding(PersonState.FAILED, "exhausted"), id="failed"),
        pytest.param(
            replace(ADA, rejected=TOO_LARGE),
            SyncState(4),
            PersonStanding(PersonState.FAILED, "unpublishable"),
            id="unpublishable",
        ),
        pytest.param(KEPT, SyncState(4), PersonStanding(PersonState.HELD, "paused"), id="paused"),
        pytest.param(KEPT, REFUSED, PersonStanding(PersonState.HELD, "paused"), id="kept-refused"),
        pytest.param(
            replace(ADA, waived=True),
            IN_STEP,
            PersonStanding(PersonState.APPLIED, "waived"),
            id="waived",
        ),
        pytest.param(replace(DIRTY, waived=True), IN_STEP, PENDING, id="waived-and-on-the-way"),
        pytest.param(BRAKED, IN_STEP, PersonStanding(PersonState.HELD, "brake"), id="braked"),
        pytest.param(
            replace(BRAKED, dirty=True),
            SyncState(4),
            PersonStanding(PersonState.HELD, "brake"),
            id="braked-and-on-the-way",
        ),
    ],
)
def test_a_person_is_in_one_sync_state(
    identity: IdentityVersion, state: SyncState | None, standing: PersonStanding
) -> None:
    assert person_standing(identity, state) == standing


def test_several_reasons_of_refusals_are_told_once_each() -> None:
    refusals = (
        Refusal("last_admin", "change_role"),
        Refusal("last_admin", "deactivate"),
        Refusal("conflict", "change_email"),
    )
    standing = person_standing(ADA, SyncState(5, refusals))
    assert standing.reason == "last_admin, conflict"


def test_what_was_published_before_a_pause_is_no_longer_held() -> None:
    published = replace(KEPT, dirty=False)
    assert person_standing(published, SyncState(4)) == PENDING
    assert person_standing(published, IN_STEP) == APPLIED
