"""What is the least that the same work could cost? Bare loops that the figures are held against."""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import asyncpg

from tests.benchmarks.bare_api import TABLES
from tests.drivers.muster_process import free_port
from tests.drivers.served_processes import served

BATCH = 200
BYTES = 700
"""Of a body: about those of an event."""

UPSERTED = """
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


@asynccontextmanager
async def bare_apis(url: str, number: int) -> AsyncIterator[list[int]]:
    """Run so many processes of the bare ingress; yield their ports."""
    await _execute(url, TABLES)
    ports = [free_port() for _ in range(number)]
    commands = [(sys.executable, "-m", "tests.benchmarks.bare_api", url, str(it)) for it in ports]
    async with served(dict(zip(ports, commands, strict=True))):
        yield ports


async def publish(url: str, exchange: str, routing_key: str, seconds: float) -> float:
    """Return how many messages a second an exchange and its queue confirm, sent in batches."""
    body, done = b"x" * BYTES, 0
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        there = await channel.get_exchange(exchange, ensure=False)
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            messages = (
                aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                for _ in range(BATCH)
            )
            await asyncio.gather(
                *(there.publish(message, routing_key, mandatory=True) for message in messages)
            )
            done += BATCH
        took = time.perf_counter() - started
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
