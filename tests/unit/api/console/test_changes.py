"""Has every action of the audit log words, and every actor a name?"""

import re

import pytest

from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange
from api.admin.mentions import Kind, Mention
from api.admin.named_changes import NamedChange
from api.console.changes import DEEDS, told_actor, told_change, told_subject
from api.console.deeds import PAST
from api.console.known import Known
from api.directory.connection_states import Verb
from tests.architecture.source_files import ROOT, python_files

ACTION = re.compile(r'"([a-z_]+\.[a-z_]+)"')


def change(action: str = "tokens.create", **given: object) -> ListedChange:
    values: dict[str, object] = {
        "number": 1,
        "at": 1,
        "actor": "operator",
        "workspace": "Acme",
        "connection": "acme-store",
        "subject": None,
        "outcome": Outcome.DONE,
        "before": None,
        "after": None,
        "correlation_id": "1",
    }
    return ListedChange(action=action, **values | given)  # type: ignore[arg-type]


def test_every_action_that_use_cases_record_has_words() -> None:
    files = [file for file in python_files("api") if file.parent.as_posix() == "api/admin"]
    written = {found for file in files for found in ACTION.findall((ROOT / file).read_text())}
    recorded = written | {f"connections.{verb}" for verb in Verb}
    assert len(recorded) > 30
    assert recorded == set(DEEDS)


@pytest.mark.parametrize("deed", DEEDS.values())
def test_every_deed_has_a_past(deed: str) -> None:
    assert deed.partition(" ")[0] in PAST


def test_a_change_is_told_as_done_begun_or_tried() -> None:
    told = [told_change(change("devices.remove", outcome=it)) for it in Outcome]
    assert told == ["Removed a device", "Began to remove a device", "Tried to remove a device"]


def test_an_action_of_another_version_is_told_by_itself() -> None:
    assert told_change(change("gates.open")) == "Gates open"


@pytest.mark.parametrize(
    ("actor", "name", "told"),
    [
        ("operator", None, "The operator"),
        ("command", None, "The command line"),
        ("admin:9b1d", "Front desk", "Front desk (administrator)"),
        ("admin:9b1d", None, "Administrator 9b1d"),
        ("setup-link:77", None, "Somebody with set-up link 77"),
        ("robot", None, "robot"),
    ],
)
def test_an_actor_is_told_in_words(actor: str, name: str | None, told: str) -> None:
    assert told_actor(NamedChange(change(actor=actor), name, {})) == told


ADA = Mention(Kind.PERSON, "12ab", "acme-store")
PHONE = Mention(Kind.DEVICE, "d1")
ACCOUNT = Mention(Kind.ACCOUNT, "a1")


@pytest.mark.parametrize(
    ("action", "subject", "told"),
    [
        ("tokens.create", "12ab", "Token 12ab"),
        ("connections.pause", None, None),
        ("people.lock", "12ab", Known("ada", "12ab", "/people/acme-store/12ab")),
        ("people.lock", "34cd", "Person 34cd"),
        ("devices.remove", "d1", Known("Device S-1", "d1", "/devices/d1", of_workspace=True)),
        ("devices.remove", "d2", "Device d2"),
        ("accounts.add", "a1", Known("Account ada@acme.test", "a1")),
    ],
)
def test_a_subject_is_told_by_name_where_it_is_known(
    action: str, subject: str | None, told: Known | str | None
) -> None:
    names = {ADA: "ada", PHONE: "S-1", ACCOUNT: "ada@acme.test"}
    assert told_subject(NamedChange(change(action, subject=subject), None, names)) == told
