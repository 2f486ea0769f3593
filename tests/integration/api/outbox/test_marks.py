"""Does a mark show each change of groups, whatever relays do at the same moment?"""

import pytest
from sqlalchemy import literal, select, union_all

from api.directory.dialects import DirectoryDatabase
from api.outbox.marks import mark_selected
from contracts.identity_changed import Trace
from tests.integration.api.outbox.marks import LEASE, NOW, SECOND, connect, mark, taken

TRACE = Trace(correlation_id="rename")


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_no_relay_leases_a_member_between_the_marks_of_a_rename_and_its_commit(
    directory: DirectoryDatabase,
) -> None:
    connection = (await connect(directory, "acme"))["acme"]
    await mark(directory, connection, ["leased"])
    await taken(directory, 1)
    await mark(directory, connection, ["waiting"])
    members = union_all(select(literal("leased")), select(literal("waiting")))
    async with directory.write() as db:
        marked = await mark_selected(db, connection, members, TRACE, NOW, unless_waiting=True)
        assert marked == 1
        assert await taken(directory, 10, NOW + LEASE + SECOND) == []
    published = {it.identity_id for it in await taken(directory, 10)}
    assert published == {"leased", "waiting"}
