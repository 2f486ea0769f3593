"""Is an installation told by its hosts and names, without a secret?"""

from pathlib import Path

import pytest

from deploy.doctor.whereabouts import whereabouts
from deploy.settings import read_settings


@pytest.mark.parametrize(
    ("setting", "url", "told"),
    [
        ("directory", "postgresql://ada:secret@db/muster", "db:5432/muster"),
        ("directory", "postgresql://ada:se/cr@a,b:6000/x?sslmode=require", "a:5432,b:6000/x"),
        ("downstream", "postgres://ada:secret@[::1]:6432/downstream", "[::1]:6432/downstream"),
        ("downstream", "postgresql:///muster", "the default server/muster"),
        ("downstream", "sqlite:////srv/downstream.sqlite3", "/srv/downstream.sqlite3"),
        ("broker", "amqps://ada:secret@rabbit,hare:5000/secret", "rabbit:5671,hare:5000"),
        ("broker", "", "embedded"),
    ],
)
def test_databases_and_broker_are_told(setting: str, url: str, told: str) -> None:
    name = "broker_url" if setting == "broker" else f"{setting}_database_url"
    assert whereabouts(read_settings(**{name: url}))[setting] == told


def test_a_file_is_told_from_the_root_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = whereabouts(read_settings(directory_database_url="sqlite:///var/x.sqlite3"))
    assert told["directory"] == f"{tmp_path}/var/x.sqlite3"
