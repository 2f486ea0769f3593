"""Does a command load what it needs, and no more? Loading takes most of the time of a command."""

from collections.abc import Callable, Sequence

import pytest
import typer.main
from typer.core import TyperGroup

from deploy import cli
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.commands.fresh_process import LOADED_BY_MOST, FreshProcess
from tests.servers.migrated import NewDatabase

OF_THE_API = {"fastapi", "fastapi_swagger", "scim2_models", "scim2_server"}
OF_SCIM = {"scim2_models", "scim2_server"}
OF_ADMINISTRATORS = {"api.admin", "api.admin_app"}
OF_SERVERS = {"h11", "httptools", "prometheus_client", "starlette", "uvicorn", "uvloop"}
OF_THE_BROKER = {"aio_pika", "aiormq"}
OF_DATABASES = {"asyncpg", "sqlalchemy", "sqlmodel"}
OF_MIGRATIONS = {"alembic"}
OF_TRACING = {"deploy.tracing.otlp", "opentelemetry.sdk"}
OF_PLANNING = {"worker.apply", "worker.plan_batch", "worker.planning.plan"}
OF_EVERY_COMMAND = {"pydantic", "pydantic_settings", "structlog"}

SPARED = [
    (
        ["--version"],
        OF_THE_API
        | OF_SERVERS
        | OF_THE_BROKER
        | OF_DATABASES
        | OF_MIGRATIONS
        | OF_EVERY_COMMAND
        | {"rich"},
    ),
    (
        ["--help"],
        OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_DATABASES | OF_MIGRATIONS | OF_EVERY_COMMAND,
    ),
    (["status"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS | OF_PLANNING),
    (["reconcile"], OF_THE_API | OF_MIGRATIONS | {"uvicorn"}),
    (["doctor"], OF_THE_API | OF_MIGRATIONS | {"prometheus_client", "uvicorn"}),
    (["accounts", "list", "acme"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["workspaces", "list"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["people", "list"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS | OF_PLANNING),
    (["connections", "list"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["why", "acme-store", "ada"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["preview", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["tokens", "rotate", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["setup-links", "list", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER),
    (["resync", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["held", "list", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["requests", "acme-store"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["failures", "list"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
    (["migrate"], OF_THE_API | OF_SERVERS | OF_THE_BROKER),
    (["topology", "apply"], OF_THE_API | OF_MIGRATIONS | {"uvicorn"}),
    (["relay"], OF_THE_API | OF_MIGRATIONS | OF_TRACING),
    (["worker"], OF_THE_API | OF_MIGRATIONS | OF_TRACING),
    (["api"], OF_MIGRATIONS | OF_ADMINISTRATORS | OF_TRACING),
    (["admin"], OF_SCIM | OF_THE_BROKER),
    (["admins", "list"], OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS),
]
"""Commands, with the packages that they do not load. relay, worker, api and topology are refused
for want of a broker, and admin for want of PostgreSQL, at which time they have loaded all that they
need."""


@pytest.mark.parametrize(("arguments", "spared"), SPARED, ids=[given[0] for given, _ in SPARED])
def test_a_command_does_without_the_packages_of_others(
    new_database_url: NewDatabase,
    process_with: Callable[..., FreshProcess],
    arguments: Sequence[str],
    spared: set[str],
) -> None:
    settings = {
        "MUSTER_DIRECTORY_DATABASE_URL": new_database_url(DIRECTORY),
        "MUSTER_DOWNSTREAM_DATABASE_URL": new_database_url(DOWNSTREAM),
    }
    is_of_most = spared.isdisjoint(OF_DATABASES | OF_ADMINISTRATORS)
    process = process_with(LOADED_BY_MOST) if is_of_most else process_with()
    loaded = process.run(arguments, settings).loaded
    assert "typer" in loaded
    assert spared.intersection(loaded) == set()


def test_every_command_of_the_table_is_there_by_its_name() -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    assert {name: command.name for name, command in group.commands.items()} == {
        name: name for name in cli.COMMANDS
    }


def test_the_help_tells_of_each_command_what_its_own_help_begins_with() -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        paragraph, _, _ = (command.help or "").partition("\n\n")
        assert cli.COMMANDS[name].does == " ".join(paragraph.split())


def test_a_mistyped_command_is_told_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["resinc"]) == 2
    assert "Did you mean 'resync'?" in capsys.readouterr().err


def test_the_help_lists_every_command_with_what_it_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["--help"]) == 0
    told = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert f" {name} " in told
    assert "Bearer tokens of connections." in told
