"""When was a change committed, and how long after its answer? Both databases are watched."""

import time
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.benchmarks.watching.commits import Commit, lags
from tests.benchmarks.watching.postgres_commits import LEAVERS, PostgresCommits
from tests.benchmarks.watching.sight import onlooker
from tests.benchmarks.watching.sqlite_commits import SqliteCommits

APPLY = text("""
INSERT INTO sync_records (identity, connection, workspace, portal, applied_version,
    deactivated_at, deleted, correlation_id)
VALUES (:identity, 'acme-store', 'acme', 'store', :version, :deactivated_at, false, '')
ON CONFLICT (identity, connection) DO UPDATE SET applied_version = excluded.applied_version
""")


def test_a_lag_ends_with_the_first_commit_of_the_newest_version() -> None:
    commits = [Commit("ann", 1, 10.5), Commit("ann", 2, 11.0), Commit("ann", 2, 12.0)]
    assert lags({"ann": 10.75}, {"ann": 2}, commits) == [0.25]


def test_a_commit_may_come_before_its_answer_is_read() -> None:
    assert lags({"ann": 10.75}, {"ann": 1}, [Commit("ann", 1, 10.5)]) == [-0.25]


def test_a_version_that_was_not_committed_has_no_lag() -> None:
    with pytest.raises(KeyError):
        lags({"ann": 10.0}, {"ann": 2}, [Commit("ann", 1, 10.5)])


async def test_a_commit_is_stamped_after_the_statements_of_its_transaction(
    downstream_url: str,
) -> None:
    engine = create_async_engine(downstream_url)
    async with onlooker(downstream_url) as looking:
        file = make_url(downstream_url).database or ""
        is_file = downstream_url.startswith("sqlite")
        watch = SqliteCommits(Path(file)) if is_file else PostgresCommits(looking)
        async with watch.watching():
            for version in (1, 2):
                async with engine.begin() as db:
                    row = {"identity": "ann", "version": version, "deactivated_at": 0}
                    await db.execute(APPLY, row)
                    written = time.time()
                *_, newest = await watch.commits()
                assert (newest.identity, newest.version) == ("ann", version)
                assert newest.at >= written
    await engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_leavers_are_stamped_alone_where_only_they_matter(downstream_url: str) -> None:
    engine = create_async_engine(downstream_url)
    async with onlooker(downstream_url) as looking:
        watch = PostgresCommits(looking, LEAVERS)
        async with watch.watching():
            async with engine.begin() as db:
                for identity, deactivated_at in (("ann", 0), ("bob", 7)):
                    row = {"identity": identity, "version": 7, "deactivated_at": deactivated_at}
                    await db.execute(APPLY, row)
            assert [commit.identity for commit in await watch.commits()] == ["bob"]
    await engine.dispose()
