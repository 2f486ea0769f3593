"""What is said of databases, files, ports and clocks that tests cannot have, or not quickly?"""

from dataclasses import replace
from typing import Any

import pytest

from api.admin.examination import Result, worst
from deploy.doctor.clock_verdicts import clock_verdict
from deploy.doctor.database_verdicts import (
    FEWEST_SESSIONS,
    SchemaSeen,
    ServerSeen,
    Side,
    schema_verdict,
    server_verdicts,
)
from deploy.doctor.file_verdicts import LITTLE_SPACE, NO_SPACE, FileSeen, file_verdicts
from deploy.doctor.findings import fine, problem, warning
from deploy.doctor.port_verdicts import PortState, port_verdict
from deploy.doctor.ports import readiness_verdicts

SIDE = Side(
    about="directory",
    variable="MUSTER_DIRECTORY_DATABASE_URL",
    known=("0001", "0002", "0003"),
    version_table="directory_migrations",
    other_version_table="downstream_migrations",
    tables=frozenset({"users"}),
    append_only=frozenset(),
)
GOOD_SERVER = ServerSeen(15, is_read_only=False, encoding="UTF8", sessions=97, forbidden=())
GOOD_FILE = FileSeen(
    path="/var/lib/muster/directory.sqlite3",
    is_file=True,
    is_readable=True,
    is_writable=True,
    folder_is_writable=True,
    others_read=False,
    others_write=False,
    free=10 * LITTLE_SPACE,
)


def changed(seen: FileSeen, **parts: Any) -> list[tuple[str, Result]]:
    """Return the codes and results for a file that differs from the good one in some parts."""
    found = file_verdicts("directory", "M", replace(seen, **parts))
    return [(it.code, it.result) for it in found]


@pytest.mark.parametrize(
    ("applied", "is_of_other_side", "code"),
    [
        ({"0003"}, False, "ok"),
        ({"0003"}, True, "ok"),  # both sides may live in one database
        ({"0002"}, False, "schema-older"),
        ({"0004"}, True, "schema-newer"),
        (set(), False, "schema-missing"),
        (set(), True, "databases-swapped"),
    ],
)
def test_a_schema_is_the_one_of_this_version_or_not(
    applied: set[str], is_of_other_side: bool, code: str
) -> None:
    assert schema_verdict(SIDE, SchemaSeen(frozenset(applied), is_of_other_side)).code == code


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        (GOOD_SERVER, []),
        (ServerSeen(11, True, "UTF8", 97, ()), ["read-only", "old-server"]),
        (ServerSeen(15, False, "SQL_ASCII", FEWEST_SESSIONS, ()), ["encoding"]),
        (
            ServerSeen(15, False, "UTF8", FEWEST_SESSIONS - 1, ["users"]),
            ["no-rights", "few-sessions"],
        ),
    ],
    ids=["good", "an old standby", "without an encoding", "without rights and sessions"],
)
def test_a_server_is_judged_by_all_that_it_has_told(seen: ServerSeen, codes: list[str]) -> None:
    assert [it.code for it in server_verdicts(SIDE, seen)] == codes


def test_a_file_is_judged_by_its_rights_its_readers_and_its_disk() -> None:
    assert changed(GOOD_FILE) == []
    for right in ("is_readable", "is_writable", "folder_is_writable"):
        assert changed(GOOD_FILE, **{right: False}) == [("no-rights", Result.PROBLEM)]
    assert changed(GOOD_FILE, others_read=True) == [("open-to-others", Result.WARNING)]
    assert changed(GOOD_FILE, others_write=True) == [("open-to-others", Result.PROBLEM)]
    assert changed(GOOD_FILE, free=LITTLE_SPACE - 1) == [("disk-full", Result.WARNING)]
    assert changed(GOOD_FILE, free=NO_SPACE - 1) == [("disk-full", Result.PROBLEM)]


@pytest.mark.parametrize("ahead", [-1, 1])
def test_clocks_that_differ_by_more_than_a_minute_are_a_problem(ahead: int) -> None:
    results = [clock_verdict("x", ahead * seconds).result for seconds in (0.4, 4.9, 5.1, 59, 61)]
    assert results == [Result.OK, Result.OK, Result.WARNING, Result.WARNING, Result.PROBLEM]


def test_a_port_is_right_if_it_is_free_or_served_by_muster() -> None:
    codes = {state: port_verdict("host", "port", "x:80", state).code for state in PortState}
    assert codes == {
        PortState.FREE: "ok",
        PortState.MUSTER: "ok",
        PortState.OTHERS: "port-taken",
        PortState.NO_ADDRESS_HERE: "no-address-here",
        PortState.NOT_ALLOWED: "port-not-allowed",
    }


def test_a_process_passes_on_its_own_problems_and_remarks() -> None:
    ready = {"problems": ["directory database: away"], "remarks": ["broker: blocked"]}
    assert [(it.result, it.says) for it in readiness_verdicts(ready)] == [
        (Result.PROBLEM, "The process here is not ready: directory database: away."),
        (Result.WARNING, "The process here remarks: broker: blocked."),
    ]
    assert readiness_verdicts({"status": "ready"}) == []
    assert readiness_verdicts("a page") == []


def test_the_worst_finding_decides() -> None:
    well, less, bad = fine("x", "."), warning("x", "w", ".", "."), problem("x", "p", ".", ".")
    assert worst([]) is Result.OK
    assert worst([well]) is Result.OK
    assert worst([less, well]) is Result.WARNING
    assert worst([well, bad, less]) is Result.PROBLEM
