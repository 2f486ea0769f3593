"""Which databases on PostgreSQL are none that Muster can work with?"""

from secrets import token_hex

import pytest
from sqlalchemy import make_url
from yarl import URL

from deploy.databases.migrations import DIRECTORY
from tests.integration.deploy.doctor.installation import Installation
from tests.servers.pgbouncer import pgbouncer
from tests.servers.ports import free_port
from tests.servers.postgres import OWN_NAMES, connected
from tests.servers.services import ServiceUnavailable

NAME = "MUSTER_DIRECTORY_DATABASE_URL"


def _use(it: Installation, url: str) -> None:
    it.set(DIRECTORY_DATABASE_URL=url)


def _changed(it: Installation, **parts: object) -> None:
    changed = make_url(it.environment[NAME]).set(**parts)  # type: ignore[arg-type]
    _use(it, changed.render_as_string(hide_password=False))


async def _run(it: Installation, *statements: str) -> None:
    async with connected(it.postgres().admin_url) as session:
        for statement in statements:
            await session.execute(statement)


async def a_closed_port(it: Installation) -> None:
    _changed(it, host="127.0.0.1", port=free_port())


async def no_such_database(it: Installation) -> None:
    _changed(it, database="muster_test_none")


async def no_such_user(it: Installation) -> None:
    _changed(it, username="muster_test_nobody", password="secret")


async def another_server(it: Installation) -> None:
    broker = URL(it.rabbitmq().url)
    _changed(it, host=broker.host, port=broker.port)


async def no_root_certificate(it: Installation) -> None:
    _changed(it, query={"sslmode": "verify-full", "sslrootcert": "/muster-test/none.pem"})


async def no_password_file(it: Installation) -> None:
    url = make_url(it.environment[NAME])
    _use(it, f"postgresql://{url.username}@{url.host}:{url.port or 5432}/{url.database}")
    it.set(DIRECTORY_DATABASE_PASSWORD_FILE="/muster-test/none")


async def a_standby(it: Installation) -> None:
    url = it.database(DIRECTORY)
    name = make_url(url).database
    await _run(it, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    it.stack.push_async_callback(
        _run, it, f"ALTER DATABASE {name} RESET default_transaction_read_only"
    )
    _use(it, url)


async def a_pooler_of_transactions(it: Installation) -> None:
    try:
        pooled = it.stack.enter_context(pgbouncer(it.environment[NAME], "transaction"))
    except ServiceUnavailable as reason:
        pytest.skip(str(reason))
    _use(it, pooled.render_as_string(hide_password=False))


async def an_empty_database(it: Installation) -> None:
    _use(it, it.database())


async def another_encoding(it: Installation) -> None:
    name = OWN_NAMES + token_hex(8)
    await _run(it, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    it.stack.push_async_callback(_run, it, f"DROP DATABASE {name} WITH (FORCE)")
    before = it.environment[NAME]
    _changed(it, database=name)
    await _copy_revisions(before, it.environment[NAME])


async def _copy_revisions(source: str, target: str) -> None:
    async with connected(source) as here:
        [revision] = await here.fetchrow("SELECT version_num FROM directory_migrations")
    async with connected(target) as there:
        await there.execute("CREATE TABLE directory_migrations (version_num varchar(32))")
        await there.execute("INSERT INTO directory_migrations VALUES ($1)", revision)


async def few_sessions(it: Installation) -> None:
    name = make_url(it.environment[NAME]).database
    await _run(it, f"ALTER DATABASE {name} CONNECTION LIMIT 5")
    it.stack.push_async_callback(_run, it, f"ALTER DATABASE {name} CONNECTION LIMIT -1")


async def a_user_without_rights(it: Installation) -> None:
    name = OWN_NAMES + token_hex(8)
    await _run(it, f"CREATE ROLE {name} LOGIN PASSWORD 'a-secret-of-its-own'")
    it.stack.push_async_callback(_run, it, f"DROP ROLE {name}")
    _changed(it, username=name, password="a-secret-of-its-own")
