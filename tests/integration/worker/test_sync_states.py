"""What does the api's side learn about identities downstream?"""

from contracts.downstream_facts import Refusal, SyncState
from tests.integration.worker.platform import Platform
from tests.unit.worker.stories import ADA, BEN, STORE, joiner


async def test_who_never_arrived_is_missing(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    assert await platform.states.of("okta", ["ada", "ben"]) == {"ada": SyncState(1)}
    assert await platform.states.of("entra", ["ada"]) == {}


async def test_a_refused_identity_says_what_and_why(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    assert await platform.state("second") == SyncState(
        2, (Refusal(reason="conflict", action="provide_account"),)
    )


async def test_thousands_are_answered_at_once(platform: Platform) -> None:
    await platform.apply(joiner(STORE, BEN, "i1999"))
    states = await platform.states.of("okta", [f"i{number}" for number in range(2_000)])
    assert states == {"i1999": SyncState(1)}
