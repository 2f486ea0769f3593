"""Does ``muster doctor`` tell what is wrong, in words and in JSON, and change nothing?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli
from tests.commands.conftest import Answer
from tests.servers.ports import free_port

Muster = Callable[..., Answer]

PORTS = ("MUSTER_PORT", "MUSTER_METRICS_PORT", "MUSTER_ADMIN_PORT")


@pytest.fixture(autouse=True)
def _ports_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PORTS:
        monkeypatch.setenv(name, str(free_port()))


def test_an_installation_that_does_not_run_yet_has_no_problem(muster: Muster) -> None:
    answer = muster("doctor")
    assert answer.status == 0
    assert answer.err == ""
    assert answer.out.splitlines()[0].split()[0] == "directory"
    assert "warning  public URL: Nothing can be called" in answer.out
    assert answer.out.endswith("\nProblems: 0. Warnings: 1.\n")


def test_programs_get_the_codes_of_the_findings(muster: Muster) -> None:
    answer = muster("doctor", "--json")
    assert answer.status == 0
    assert answer.json["result"] == "warning"
    assert set(answer.json["installation"]) == {"directory", "downstream", "broker", "api"}
    codes = {it["about"]: it["code"] for it in answer.json["findings"]}
    assert codes == {
        "settings": "ok",
        "directory": "ok",
        "downstream": "ok",
        "broker": "ok",
        "public URL": "not-running",
        "ports": "ok",
    }
    assert {*answer.json["findings"][0]} == {"about", "result", "code", "says", "advice"}


def test_unknown_variables_are_told_beside_all_else(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_POTR", "secret")
    answer = muster("doctor")
    assert answer.status == 1
    assert "PROBLEM  settings: MUSTER_POTR is no setting of Muster." in answer.out
    assert "To do: did you mean MUSTER_PORT?" in answer.out
    assert "ok       directory: Its schema is that of this version" in answer.out
    assert "secret" not in answer.out


def test_a_doctor_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for side in ("DIRECTORY", "DOWNSTREAM"):
        monkeypatch.delenv(f"MUSTER_{side}_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert cli.run(["doctor", "--connection", "acme-store"]) == 1
    printed = capsys.readouterr()
    assert f"there is no file {tmp_path}/var/directory.sqlite3" in printed.out
    assert "first calls: They were not made" in printed.out
    assert printed.err == ""
    assert list(tmp_path.iterdir()) == []


def test_a_doctor_leaves_the_files_of_a_database_as_they_were(
    muster: Muster, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert muster("doctor").status == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_unknown_connection_is_told(muster: Muster) -> None:
    answer = muster("doctor", "--connection", "acme-nowhere")
    assert answer.status == 1
    assert "PROBLEM  first calls: There is no token to call with" in answer.out


def test_calls_are_made_whatever_else_has_a_problem(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_ADMIN_TOKEN", "secret" * 6)
    answer = muster("doctor", "--connection", "acme-nowhere", "--json")
    codes = {it["about"]: it["code"] for it in answer.json["findings"]}
    assert (codes["settings"], codes["first calls"]) == ("weak-token", "no-token")
    monkeypatch.setenv("MUSTER_PUBLIC_URL", "https://scim.example.com/scim/v2")
    answer = muster("doctor", "--connection", "acme-nowhere", "--json")
    codes = {it["about"]: it["code"] for it in answer.json["findings"]}
    assert codes["first calls"] == "not-made"
