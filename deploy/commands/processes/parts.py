"""How does one of several processes begin? It needs a broker, and databases that were migrated."""

from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from api.directory.dialects import DirectoryDatabase
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.processes.addresses import say_where
from deploy.databases.migrations import Schema
from deploy.http.server import bind_operators
from deploy.logs import set_up_logs
from deploy.processes.event_loop import run_process
from deploy.processes.life import Life, Part
from deploy.processes.lifetime import ProcessBody, run_until_signalled
from deploy.settings import Settings, read_settings
from worker.dialects import DownstreamDatabase

DatabaseT = TypeVar("DatabaseT", DirectoryDatabase, DownstreamDatabase)


def run_part(
    name: Part,
    settings: Settings,
    opening: AbstractAsyncContextManager[DatabaseT],
    schema: Schema,
    part: ProcessBody[DatabaseT],
    lifeline: int | None = None,
) -> None:
    """Run one of several processes, on the database of its side.

    :param lifeline: the pipe of a parent process, if there is one.
    """
    with bind_operators(settings) as operators:

        async def prepare(database: DatabaseT) -> None:
            await schema.ensure_current(database.reading, database.writing)
            say_where(settings, operators, api=name is Part.API)

        life = Life(name, settings)
        run_process(run_until_signalled(life, operators, opening, prepare, part, lifeline))


def settings_of_a_part() -> Settings:
    """Read the settings of one of several processes, which share a broker and PostgreSQL."""
    settings = read_settings()
    if not settings.broker_url:
        raise InvalidInput("the parts meet at a broker: set MUSTER_BROKER_URL, or use muster run")
    return _on_servers(settings)


def settings_on_servers() -> Settings:
    """Read the settings of one of several processes that shares PostgreSQL with them."""
    return _on_servers(read_settings())


def _on_servers(settings: Settings) -> Settings:
    if settings.uses_sqlite:
        raise InvalidInput(
            "several processes need PostgreSQL: set MUSTER_DIRECTORY_DATABASE_URL"
            " and MUSTER_DOWNSTREAM_DATABASE_URL"
        )
    set_up_logs(settings)
    return settings
