"""What could publishing and applying cost at the least? Bare loops that do no more than that."""

import asyncio
import json
import time
import uuid

import aio_pika
import asyncpg
from pamqp.common import Arguments

from tests.benchmarks.watching.broker import new_user
from tests.servers.containers import RunningServer

BATCH = 200
BYTES = 700
"""Of a body: about those of an event."""

QUEUE = "bench.floor"
QUORUM: Arguments = {"x-queue-type": "quorum"}

UPSERTED = """
DROP TABLE IF EXISTS bare_states;
CREATE TABLE bare_states (
    id text PRIMARY KEY, version bigint NOT NULL, state json NOT NULL
);
"""
UPSERT = """
INSERT INTO bare_states
SELECT * FROM json_to_recordset($1) AS new (id text, version bigint, state json)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state
WHERE bare_states.version < excluded.version
"""


async def publish(broker: RunningServer, seconds: float) -> float:
    """Return how many messages a second an exchange and its queue confirm, sent in batches."""
    body, done = b"x" * BYTES, 0
    async with await aio_pika.connect(new_user(broker)) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM)
        exchange = await channel.declare_exchange(QUEUE, aio_pika.ExchangeType.TOPIC, durable=True)
        await queue.bind(exchange, QUEUE)
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            messages = (
                aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                for _ in range(BATCH)
            )
            await asyncio.gather(
                *(exchange.publish(message, QUEUE, mandatory=True) for message in messages)
            )
            done += BATCH
        took = time.perf_counter() - started
        await queue.delete(if_unused=False, if_empty=False)
        await exchange.delete()
    return done / took


async def upsert(url: str, seconds: float) -> float:
    """Return how many versioned rows a second one connection upserts, a commit for each batch."""
    await _execute(url, UPSERTED)
    connection = await asyncpg.connect(url)
    state, done, started = {"profile": "x" * BYTES}, 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        rows = [{"id": uuid.uuid4().hex, "version": done, "state": state} for _ in range(BATCH)]
        await connection.execute(UPSERT, json.dumps(rows))
        done += BATCH
    took = time.perf_counter() - started
    await connection.close()
    return done / took


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()
