"""Has every action of the audit log words, and every actor a name?"""

import re

import pytest

from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange
from api.admin.named_changes import NamedChange
from api.console.changes import DEEDS, told_actor, told_change, told_subject
from api.console.deeds import PAST
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
        ("command", None, "An operator at the command line"),
        ("admin:9b1d", "Front desk", "Front desk (administrator)"),
        ("admin:9b1d", None, "Administrator 9b1d"),
        ("setup-link:77", None, "Somebody with set-up link 77"),
        ("robot", None, "robot"),
    ],
)
def test_an_actor_is_told_in_words(actor: str, name: str | None, told: str) -> None:
    assert told_actor(NamedChange(change(actor=actor), name, None)) == told


def test_a_subject_is_told_that_is_no_person() -> None:
    assert told_subject(change(subject="12ab")) == "token 12ab"
    assert told_subject(change("people.lock", subject="12ab")) is None
