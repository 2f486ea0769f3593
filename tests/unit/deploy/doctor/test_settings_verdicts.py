"""Which settings does the doctor call wrong, and which does it leave alone?"""

from collections.abc import Sequence
from typing import Any

import pytest

from api.admin.examination import Finding, Result
from deploy.doctor.settings_verdicts import settings_verdicts, token_verdict
from deploy.settings import Reading, Settings

POSTGRES = {
    "directory_database_url": "postgresql://muster:x9Kq2vT7w@db/directory",
    "downstream_database_url": "postgresql://muster:x9Kq2vT7w@db/downstream",
}


def told(**settings: Any) -> Sequence[Finding]:
    """Return the findings about settings that can be read."""
    return settings_verdicts(Reading(Settings(**settings), [], {}))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"public_url": "http://localhost:9000"},
        {"public_url": "http://[::1]:9000"},
        {"public_url": "https://scim.example.com/muster"},
        {**POSTGRES, "broker_url": "amqps://muster:x9Kq2vT7w@mq1,mq2/muster"},
        {"directory_database_url": "postgresql://muster@db/directory"},
        {"port": 0, "metrics_port": 0, "admin_port": 0},
        {"port": 9464, "host": "127.0.0.2", "public_url": "https://scim.example.com"},
        {"host": "0.0.0.0", "public_url": "https://scim.example.com"},  # noqa: S104
    ],
    ids=[
        "the defaults",
        "loopback by name",
        "loopback of IPv6",
        "a path of its own",
        "several processes",
        "no password",
        "any port",
        "one port on two addresses",
        "every address",
    ],
)
def test_good_settings_are_fine(settings: dict[str, Any]) -> None:
    assert [it.result for it in told(**settings)] == [Result.OK]


@pytest.mark.parametrize(
    ("settings", "code", "result"),
    [
        ({"broker_url": "amqp://u:x9Kq2vT7w@mq"}, "several-processes-on-sqlite", Result.PROBLEM),
        ({"sweep_seconds": 0}, "no-sweep", Result.WARNING),
        ({"host": "::"}, "no-public-url", Result.PROBLEM),
        ({"public_url": "http://scim.example.com"}, "no-https", Result.PROBLEM),
        ({"public_url": "http://10.0.0.7"}, "no-https", Result.PROBLEM),
        ({"public_url": "https://x.test/scim/v2"}, "prefix-in-public-url", Result.PROBLEM),
        ({"public_url": "https://x.test/scim/v2/a"}, "prefix-in-public-url", Result.PROBLEM),
        ({"public_url": "https://x.test/scim"}, "prefix-in-public-url", Result.PROBLEM),
        ({"port": 9464}, "same-port", Result.PROBLEM),
        ({"admin_port": 9464, "admin_host": "0.0.0.0"}, "same-port", Result.PROBLEM),  # noqa: S104
        ({"largest_bulk": 2**25}, "bound-beyond-bound", Result.WARNING),
        ({"searches_each": 9}, "bound-beyond-bound", Result.WARNING),
        ({"admin_token": "secret" * 6}, "weak-token", Result.PROBLEM),
        ({"most_connections_per_address": 600}, "bound-beyond-bound", Result.WARNING),
        (
            {**POSTGRES, "broker_url": "amqp://guest:guest@127.0.0.1"},
            "stock-password",
            Result.WARNING,
        ),
        ({**POSTGRES, "broker_url": "amqp://guest:guest@mq"}, "stock-password", Result.PROBLEM),
        (
            {"directory_database_url": "postgresql://postgres:Postgres@db/x"},
            "stock-password",
            Result.PROBLEM,
        ),
        (
            {"directory_database_url": "postgresql://u:%70assword@db1,127.0.0.1/x"},
            "stock-password",
            Result.PROBLEM,
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_named(
    settings: dict[str, Any], code: str, result: Result
) -> None:
    assert [(it.code, it.result) for it in told(**settings)] == [(code, result)]


def test_no_finding_quotes_a_password() -> None:
    settings = {
        "directory_database_url": "postgresql://ada:changeme@db/x",
        "downstream_database_url": "postgresql://ada:secret@db/x",
        "broker_url": "amqp://ada:secret@mq",
    }
    text = repr(told(**settings))
    assert "changeme" not in text
    assert "secret" not in text
    assert "ada" not in text


def test_what_cannot_be_read_is_told_with_what_it_accepts() -> None:
    unknown = ["MUSTER_POTR is no setting: did you mean MUSTER_PORT?"]
    invalid = {"port": "MUSTER_PORT is not valid: it takes a port, 1 to 65535"}
    found = settings_verdicts(Reading(Settings(), unknown, invalid))
    assert [(it.code, it.advice) for it in found] == [
        ("unknown-variable", "did you mean MUSTER_PORT?"),
        ("invalid-value", "it takes a port, 1 to 65535"),
    ]


@pytest.mark.parametrize(
    ("token", "is_weak"),
    [
        ("", False),
        ("secret", True),
        ("0123456789abcdef0123456789abcde", True),
        ("a" * 64, True),
        ("abababababababababababababababababababab", True),
        ("3f9a1c0b7d2e4f685a9b0c1d2e3f4a5b", False),
    ],
    ids=["none", "a word", "one too short", "one letter", "two letters", "random"],
)
def test_a_token_that_can_be_guessed_is_weak(token: str, is_weak: bool) -> None:
    found = token_verdict("MUSTER_TOKEN", token)
    assert (found is not None) == is_weak
    assert not token or token not in repr(found)
