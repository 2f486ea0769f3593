"""How is a session with PostgreSQL opened? It connects first, and then sets Muster's parameters."""

import asyncio
import ssl
import struct
from collections.abc import Callable, Mapping
from typing import Any, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory.dialects import LOCK_MILLISECONDS
from contracts.addresses import Address, Addresses
from contracts.secure_connections.certificates import explained_failures, refusal
from contracts.sockets import open_socket
from deploy.database_urls import NOT_OF_THE_DRIVER
from deploy.databases.logins import Login
from deploy.databases.resting_sessions import RestingSessions, Session
from deploy.databases.session_replacement import SessionReplacement

CONNECT_SECONDS, COMMAND_SECONDS = 10, 60
"""Times after which a PostgreSQL server that does not answer is taken for lost."""

NO_SETTINGS: Mapping[str, str] = {}

SESSION_SETTINGS = {
    # A plan made while a table was empty is kept, and would scan the whole table ever after. Every
    # statement of Muster has an index to use.
    "enable_seqscan": "off",
    # Where a small table is read as a whole all the same, the planner gives a cost beyond all
    # measure, for which PostgreSQL compiles the statement: a count of no rows took 19 ms of the
    # server's processor more in a new session.
    "jit": "off",
    # Where the planner expects many rows it has further processes of the server help, which take
    # longer to start than most statements last: for a count of the users behind the last range of a
    # million, where it expected a third of all and there was none, two took 7 of 9 ms of a page.
    "max_parallel_workers_per_gather": "0",
    # Locks of a process that was stopped or cut off are released.
    "idle_in_transaction_session_timeout": "60s",
}

PATIENT_SETTINGS = {**SESSION_SETTINGS, "statement_timeout": "0"}
"""For statements that may take any time; the settings of a role or database do not matter then."""


HOT_SETTINGS = {
    # Many requests wait for the statement.
    "lock_timeout": f"{LOCK_MILLISECONDS}ms",
    # Each row is found by its key, also by a plan that was made while the table was empty.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
}
"""Further settings of sessions for hot statements."""

SEARCH_SETTINGS = {
    # A statement that is kept prepared, as that of a page is, is planned for how much is there now.
    "plan_cache_mode": "force_custom_plan",
}
"""Further settings of sessions for searches."""


ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's message SSLRequest, which the server answers with a single byte."""

FAILURES = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)
"""Errors after which another server is tried. A refused password is not among them."""


class NoServerTakesWrites(ConnectionError):
    """All servers that answer are replicas. During a failover this counts as being away."""


class Connector:
    """Opens sessions with a database that may be at any of several addresses.

    Its pools share their knowledge of stale sessions and of failing addresses.
    """

    def __init__(self, addresses: Addresses | None, login: Login) -> None:
        """Take the addresses, or None if the driver has to find the server by itself."""
        self._addresses = addresses
        self._login = login
        self._replacement = SessionReplacement()
        self._resting = RestingSessions()

    def attach_to(self, engine: AsyncEngine) -> AsyncEngine:
        """Replace stale sessions of this engine before they are used, and return the engine."""
        self._replacement.attach_to(engine)
        self._resting.attach_to(engine.sync_engine)
        return engine

    async def open_session(
        self,
        *,
        command_timeout: float | None,
        further: Mapping[str, str] = NO_SETTINGS,
        host: object = None,
        port: object = None,
        **of: Any,
    ) -> Session:
        """Connect, and set the parameters of the session in one round trip.

        They are no start-up parameters, because PgBouncer refuses those that it does not know.
        PgBouncer also resets the parameters that an earlier session has set.

        :param of: the other parameters of ``asyncpg.connect``. Without a ``command_timeout``,
            statements of the session may take any time.
        :param further: further settings of the session.
        """
        of = {name: value for name, value in of.items() if name not in NOT_OF_THE_DRIVER}
        of |= self._login.parameters()
        connection = await self._connect(command_timeout=command_timeout, **of)
        settings = SESSION_SETTINGS if command_timeout else PATIENT_SETTINGS
        try:
            await connection.execute(_setting({**settings, **further}), timeout=CONNECT_SECONDS)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _connect(self, **parameters: Any) -> Session:
        if self._addresses is None:
            return await asyncpg.connect(timeout=CONNECT_SECONDS, **parameters)

        context = parameters["ssl"] if isinstance(parameters["ssl"], ssl.SSLContext) else None

        async def attempt(address: Address) -> Session:
            loop = cast("asyncio.AbstractEventLoop", PinnedLoop(address))
            server = address.server
            try:
                with explained_failures(context):
                    return await asyncpg.connect(
                        host=server.host,
                        port=server.port,
                        loop=loop,
                        timeout=CONNECT_SECONDS,
                        **parameters,
                    )
            except asyncpg.TargetServerAttributeNotMatched:
                raise NoServerTakesWrites from None
            except ssl.SSLCertVerificationError as error:
                assert context is not None, "no other connection verifies a certificate"
                raise await refusal(error, address, context, ASK_FOR_TLS) from error

        return await self._addresses.reach(
            attempt, CONNECT_SECONDS, FAILURES, discard=asyncpg.Connection.terminate
        )


class PinnedLoop:
    """The running event loop, which opens every new connection to one address.

    The driver would connect to the first address of a host name. It still gets the name, because
    the certificate is checked against it. To cancel a statement the driver opens another
    connection, which has to reach the same server.
    """

    def __init__(self, address: Address) -> None:
        self._loop = asyncio.get_running_loop()
        self._address = address

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the loop."""
        return getattr(self._loop, name)

    def __eq__(self, other: object) -> bool:
        """Return whether this is the same loop: asyncio looks the current task up by it."""
        return other is self or other is self._loop

    def __hash__(self) -> int:
        """Return the hash of the loop."""
        return hash(self._loop)

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], host: str, _port: int, *, ssl: Any = None
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Open a connection to the address, whichever host is given."""
        line = await open_socket(self._address)
        try:
            name = host if ssl else None
            return await self._loop.create_connection(
                factory, sock=line, ssl=ssl, server_hostname=name
            )
        except BaseException:
            line.close()
            raise


def _setting(settings: Mapping[str, str]) -> str:
    calls = (f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    return f"SELECT {', '.join(calls)}"
