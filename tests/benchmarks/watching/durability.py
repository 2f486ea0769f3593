"""How durable is what is measured? What the server says of its settings."""

import asyncpg

SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


async def durability(url: str) -> str:
    """Return the settings that matter, in words."""
    connection = await asyncpg.connect(url)
    said = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in SETTINGS]
    await connection.close()
    return ", ".join(said)
