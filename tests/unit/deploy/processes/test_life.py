"""What does the log tell of a process, and which servers does it name?"""

import pytest
from structlog.testing import capture_logs

from deploy.errors import DeployError
from deploy.processes.life import Life, Part
from deploy.settings import Settings

SERVERS = Settings(
    directory_database_url="postgresql://ada:secret@db.test/people",
    downstream_database_url="postgresql://ada:secret@db.test,other.test:6432/devices",
    broker_url="amqps://ada:secret@mq.test/",
)


class Broken(DeployError):
    """A text for people to mend."""


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (Part.API, {"directory", "downstream", "broker", "transport"}),
        (Part.WORKER, {"downstream", "broker", "transport"}),
        (Part.ADMIN, {"directory", "downstream"}),
    ],
)
def test_a_start_names_the_servers_of_the_part_and_nothing_secret(
    part: Part, names: set[str]
) -> None:
    with capture_logs() as logs, Life(part, SERVERS).told():
        pass
    started, _ = logs
    assert started.keys() - {"event", "log_level", "part", "version", "pid"} == names
    assert started["downstream"] == "db.test:5432,other.test:6432/devices"
    assert not {"ada", "secret"} & set(str(logs).replace("@", " ").replace(":", " ").split())


def test_a_drain_that_is_cut_short_tells_both_reasons() -> None:
    with capture_logs() as logs, Life(Part.RUN, SERVERS).told() as life:
        life.drain("SIGTERM")
        life.cut_short("the drain took too long")
        told = [(line["event"], line["why"], "drain_seconds" in line) for line in logs[1:]]
    assert told == [
        ("draining", "SIGTERM", False),
        ("stopped", "the drain took too long", True),
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Broken("set MUSTER_PORT"), {"problem": "set MUSTER_PORT"}),
        (ValueError("ada@example.com"), {"error": "ValueError"}),
    ],
)
def test_an_error_ends_a_life_with_what_may_be_told_of_it(
    error: Exception, told: dict[str, str]
) -> None:
    with capture_logs() as logs, pytest.raises(type(error)), Life(Part.RUN, SERVERS).told():
        raise error
    assert logs[-1].items() >= {"event": "stopped", "why": "error", **told}.items()
    assert "ada@" not in str(logs)
