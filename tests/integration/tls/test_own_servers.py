"""Do the statements of the guide make the roles and databases that Muster needs?"""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.readings.guide import statements
from tests.servers.secured_postgres import SecuredPostgres

pytestmark = pytest.mark.postgres


async def test_roles_of_the_guide_own_their_side_and_the_directory_reads_downstream(
    postgres: SecuredPostgres, trusted: Path
) -> None:
    everywhere, found, in_downstream = statements().partition("\\connect downstream\n")
    assert (everywhere.count("'…'"), bool(found)) == (2, True)
    await postgres.run(*everywhere.replace("…", "secret").splitlines())
    await postgres.run(*in_downstream.splitlines(), database="downstream")

    tls = {"sslmode": "verify-full", "sslrootcert": trusted}
    for name, side in (("directory", DIRECTORY), ("downstream", DOWNSTREAM)):
        reading, writing = open_engines(postgres.url(f"{name}:secret", name, **tls))
        await side.migrate(writing)
        await side.ensure_current(reading, writing)
        await reading.dispose()
        await writing.dispose()

    reading, writing = open_engines(postgres.url("directory:secret", "downstream", **tls))
    async with reading.connect() as session:
        assert await session.scalar(text("SELECT count(*) FROM accounts")) == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            await session.execute(text("DELETE FROM accounts"))
    await reading.dispose()
    await writing.dispose()
