"""What if a request that creates is sent again? Under its key, it is carried out once."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from api.admin.actors import COMMAND
from api.admin.http.repeats import FORGOTTEN_AFTER, KEYS, LONGEST_KEY
from api.admin.tokens import list_tokens
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.servers.both_databases import BOTH_DATABASES
from tests.servers.migrated import NewDatabase

TOKENS = "/connections/acme-store/tokens"


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def shared_database_url(shared_database_url: NewDatabase) -> NewDatabase:
    """Give what makes databases of either kind."""
    return shared_database_url


async def number_of_tokens(api: AdminApi) -> int:
    return len(await list_tokens(api.it, COMMAND, "acme-store", revoked=True))


async def test_the_same_request_with_the_same_key_is_carried_out_once(admin_api: AdminApi) -> None:
    first = await admin_api.owner.send("POST", TOKENS, {"name": "a"}, Idempotency_Key="k")
    again = await admin_api.owner.send("POST", TOKENS, {"name": "a"}, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Cache-Control"] == "no-store"
    assert await number_of_tokens(admin_api) == 2


async def test_without_a_key_each_request_counts(admin_api: AdminApi) -> None:
    for _ in range(2):
        await admin_api.owner.post(f"{TOKENS}/rotate")
    assert await number_of_tokens(admin_api) == 3


async def test_a_key_is_of_its_request(admin_api: AdminApi) -> None:
    await admin_api.owner.post(TOKENS, {"name": "a"}, Idempotency_Key="k")
    for path, body in ((TOKENS, {"name": "b"}), (f"{TOKENS}/rotate", {"name": "a"})):
        answer = await admin_api.owner.send("POST", path, body, Idempotency_Key="k")
        assert (answer.status_code, answer.json()["code"]) == (422, "key_of_another_request")
        assert answer.json()["field"] == "Idempotency-Key"
    assert await number_of_tokens(admin_api) == 2


async def test_a_key_is_of_its_actor(admin_api: AdminApi) -> None:
    first = await admin_api.owner.post(f"{TOKENS}/rotate", Idempotency_Key="k")
    second = await admin_api.operator.post(f"{TOKENS}/rotate", Idempotency_Key="k")
    assert first["id"] != second["id"]


async def test_of_many_at_once_one_is_carried_out(admin_api: AdminApi) -> None:
    sent = [
        admin_api.owner.send("POST", f"{TOKENS}/rotate", {}, Idempotency_Key="k") for _ in range(12)
    ]
    answers = await asyncio.gather(*sent)
    counted = Counter(answer.status_code for answer in answers)
    assert counted.keys() <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await number_of_tokens(admin_api) == 2
    late = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert late <= {"request_in_progress"}


async def test_a_request_that_was_refused_may_be_sent_again(admin_api: AdminApi) -> None:
    await admin_api.owner.post(TOKENS)
    refused = await admin_api.owner.send("POST", TOKENS, {}, Idempotency_Key="k")
    assert refused.json()["code"] == "too_many_tokens"
    [newest, *_] = (await admin_api.owner.get(TOKENS))["items"]
    await admin_api.owner.send("DELETE", f"{TOKENS}/{newest['id']}")
    assert (await admin_api.owner.send("POST", TOKENS, {}, Idempotency_Key="k")).is_success


async def test_a_request_whose_process_died_is_in_progress(admin_api: AdminApi) -> None:
    await admin_api.owner.post(f"{TOKENS}/rotate", {}, Idempotency_Key="k")
    async with admin_api.it.directory.write() as db:
        await db.execute(KEYS.update().values(answer=None, status=None))
    answer = await admin_api.owner.send("POST", f"{TOKENS}/rotate", {}, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert await number_of_tokens(admin_api) == 2


async def test_a_key_is_forgotten_after_a_day(directory: DirectoryDatabase) -> None:
    clock = [now()]
    async with admin_api_on(directory, clock=lambda: clock[0]) as api:
        first = await api.operator.post(f"{TOKENS}/rotate", Idempotency_Key="k")
        clock[0] += FORGOTTEN_AFTER - 1
        assert await api.operator.post(f"{TOKENS}/rotate", Idempotency_Key="k") == first
        clock[0] += 1
        assert await api.operator.post(f"{TOKENS}/rotate", Idempotency_Key="k") != first


async def test_the_directory_cannot_open_the_answers_that_it_keeps(admin_api: AdminApi) -> None:
    new = await admin_api.owner.post(TOKENS, Idempotency_Key="k")
    async with admin_api.it.directory.read() as db:
        row = (await db.execute(select(KEYS))).mappings().one()
    kept = " ".join(map(str, row.values()))
    assert new["token"] not in kept
    assert new["base_url"] not in kept
    assert row["status"] == 201


async def test_another_token_of_the_same_actor_opens_no_kept_answer(admin_api: AdminApi) -> None:
    await admin_api.operator.post(f"{TOKENS}/rotate", {}, Idempotency_Key="k")
    async with admin_api_on(
        admin_api.it.directory, served=admin_api.it, operator_token="another"
    ) as later:
        operator = later.as_bearer("another")
        answer = await operator.send("POST", f"{TOKENS}/rotate", {}, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_of_another_request")


@pytest.mark.parametrize(
    "key", ["", "x" * (LONGEST_KEY + 1), "a b"], ids=["empty", "long", "blank"]
)
async def test_a_key_of_another_form_is_refused(admin_api: AdminApi, key: str) -> None:
    answer = await admin_api.owner.send("POST", TOKENS, {}, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "unusable_key")
    assert await number_of_tokens(admin_api) == 1


async def test_a_key_is_ignored_where_nothing_is_created(admin_api: AdminApi) -> None:
    answer = await admin_api.owner.send("GET", TOKENS, Idempotency_Key="a b")
    assert answer.status_code == 200
