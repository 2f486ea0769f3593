"""Are the passwords of the containers made once, each its own, and kept from others?"""

import json
import stat
from pathlib import Path

from deploy.compose_secrets import (
    DEFINITIONS,
    ENVIRONMENT,
    OPERATORS,
    make_secrets,
    variable,
)
from deploy.settings import read_settings


def passwords(folder: Path) -> dict[str, str]:
    lines = (folder / ENVIRONMENT).read_text().splitlines()
    assigned = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in assigned}


def test_each_user_has_a_long_password_of_its_own(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    made = passwords(tmp_path)
    assert made.keys() == {
        f"MUSTER_{role}_PASSWORD"
        for role in (
            *("POSTGRES", "DIRECTORY", "DOWNSTREAM", "GRAFANA"),
            *("TOPOLOGY", "RELAY", "WORKER", "CONSUMER"),
        )
    } | {OPERATORS}
    assert len(set(made.values())) == len(made)
    assert all(len(password) == 48 for password in made.values())
    assert read_settings(admin_token=made[OPERATORS]).admin_token is not None


def test_two_installations_share_none(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        make_secrets(tmp_path / name)
    one, other = passwords(tmp_path / "one"), passwords(tmp_path / "other")
    assert set(one.values()).isdisjoint(other.values())


def test_only_the_owner_reads_them_and_the_broker_gets_hashes(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / ENVIRONMENT).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / DEFINITIONS).stat().st_mode) == 0o644
    definitions = (tmp_path / DEFINITIONS).read_text()
    assert not any(password in definitions for password in passwords(tmp_path).values())
    users = [user["name"] for user in json.loads(definitions)["users"]]
    assert users == ["muster-topology", "muster-relay", "muster-worker", "muster-consumer"]


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    files = tmp_path / ENVIRONMENT, tmp_path / DEFINITIONS
    make_secrets(tmp_path)
    first = [file.read_text() for file in files]
    make_secrets(tmp_path)
    assert [file.read_text() for file in files] == first


def test_what_is_missing_is_added_and_what_was_set_by_hand_stays(tmp_path: Path) -> None:
    by_hand = f"MUSTER_PORT=9000\n#{variable('postgres')}=old\n{variable('directory')}=mine"
    (tmp_path / ENVIRONMENT).write_text(by_hand)
    make_secrets(tmp_path)
    text = (tmp_path / ENVIRONMENT).read_text()
    assert text.startswith(by_hand)
    assert text.count(variable("directory")) == 1
    assert len(passwords(tmp_path)) == 10
    assert stat.S_IMODE((tmp_path / ENVIRONMENT).stat().st_mode) == 0o600
