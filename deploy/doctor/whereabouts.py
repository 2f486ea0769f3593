"""Which installation does a command look at? Hosts and names tell it, and never a secret."""

from collections.abc import Sequence
from pathlib import Path

from contracts.servers import Server, servers_in
from deploy.database_urls import async_url, servers_of
from deploy.settings import Settings


def whereabouts(settings: Settings) -> dict[str, str]:
    """Return where the databases and the broker are, and where providers reach the api."""
    return {
        "directory": _database_at(settings.directory_database_url),
        "downstream": _database_at(settings.downstream_database_url),
        "broker": _named(servers_in(settings.broker_url)[0]) or "embedded",
        "api": settings.base,
    }


def _database_at(text: str) -> str:
    """Return the path of a SQLite file, or the servers and the name of another database."""
    url = async_url(text)
    name = url.database or ""
    if url.get_backend_name() == "sqlite":
        return str(Path(name).absolute())
    return f"{_named(servers_of(url)) or 'the default server'}/{name}"


def _named(servers: Sequence[Server]) -> str:
    return ",".join(
        f"[{it.host}]:{it.port}" if ":" in it.host else f"{it.host}:{it.port}" for it in servers
    )
