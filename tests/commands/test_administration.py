"""Do the commands do what they say, and answer mistakes with one line that changes nothing?"""

import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version

import pytest
from sqlalchemy import make_url

from deploy import cli
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.commands.conftest import Answer
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.migrated import FileTemplates, NewDatabase

Muster = Callable[..., Answer]

ADA = ("acme", "mdm", "ada@example.com")


def test_a_connection_is_created_with_its_base_url_and_a_token(muster: Muster) -> None:
    created = muster("connections", "create", "acme", "store", "--json").json
    assert created["connection"] == "acme-store"
    assert created["base_url"] == "http://127.0.0.1:8000/scim/v2/acme-store"
    assert len(created["token"]) > 40
    (listed,) = muster("connections", "list", "--json").json
    assert (listed["workspace"], listed["portal"]) == ("acme", "store")
    assert created["token"] not in str(listed)


def test_a_portal_may_have_several_connections(muster: Muster) -> None:
    ids = [
        muster("connections", "create", "Acme Inc", "mdm", "--json").json["connection"]
        for _ in range(2)
    ]
    assert ids == ["acme-inc-mdm", "acme-inc-mdm-2"]


@on_new_databases_of_both
def test_a_connection_is_stopped_and_goes_on(muster: Muster) -> None:
    muster("connections", "create", "acme", "store", "--observe")

    def state(*words: str) -> str:
        return str(muster("connections", *words, "acme-store", "--json").json["state"])

    assert state("show") == "observing"
    assert [state(verb) for verb in ("resume", "pause", "off", "on")] == [
        *("live", "paused", "off", "paused"),
    ]
    (listed,) = muster("connections", "list", "--json").json
    assert (listed["state"], listed["state_by"]) == ("paused", "command")
    muster("connections", "off", "acme-store")
    refused = muster("connections", "resume", "acme-store")
    assert refused.status == 2
    assert refused.err == "muster: the connection is switched off: switch it on first\n"


@on_new_databases_of_both
def test_only_the_rules_that_are_given_change(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    change = ("connections", "change", "acme-store", "--on-create", "create-employee")
    assert muster(*change, "--json").json == {
        "connection": "acme-store",
        "on_create": "create-employee",
        "on_deactivate": "nothing",
        "roles": "",
        "rules": {
            "portal": "store",
            "on_create": {"do": "create-employee"},
            "on_deactivate": {"do": "nothing"},
        },
        "warnings": [],
    }
    (listed,) = muster("connections", "list", "--json").json
    assert (listed["on_create"], listed["on_deactivate"]) == ("create-employee", "nothing")
    muster("connections", "change", "acme-store", "--on-deactivate", "remove-employee")
    (listed,) = muster("connections", "list", "--json").json
    assert (listed["on_create"], listed["on_deactivate"]) == ("create-employee", "remove-employee")


def test_a_mapping_of_roles_is_replaced_and_taken_away(muster: Muster) -> None:
    muster("connections", "create", "acme", "dashboard", "--map-role", "Owners=admin")
    change = ("connections", "change", "acme-dashboard", "--json")
    changed = muster(*change, "--map-role", "Staff=viewer").json
    assert (changed["roles"], len(changed["warnings"])) == ("Staff=viewer", 1)
    assert muster(*change, "--on-deactivate", "nothing").json["roles"] == "Staff=viewer"
    assert muster(*change, "--no-map-role").json["roles"] == ""


@on_new_databases_of_both
def test_a_mapping_without_a_pushed_group_is_warned_of(muster: Muster) -> None:
    muster("connections", "create", "acme", "dashboard", "--map-role", "Owners=admin")
    shown = muster("connections", "show", "acme-dashboard", "--json").json
    [warning] = shown["warnings"]
    assert "pushed no group" in warning
    assert muster("rules", "choices", "acme-dashboard", "--json").json == {
        "connection": "acme-dashboard",
        "groups": [],
        "roles": [],
        "warnings": [warning],
    }
    assert f"warning: {warning}" in muster("rules", "choices", "acme-dashboard").out


@on_new_databases_of_both
def test_a_token_is_rotated(muster: Muster) -> None:
    first = muster("connections", "create", "acme", "store", "--json").json["token"]
    assert muster("tokens", "rotate", "acme-store", "--json").json["token"] != first


@on_new_databases_of_both
def test_tokens_are_made_listed_and_revoked(muster: Muster) -> None:
    first = muster("connections", "create", "acme", "store", "--json").json["token"]
    create = ("tokens", "create", "acme-store", "--name", "next", "--expires", "2999-01-31")
    second = muster(*create, "--json").json
    assert second["base_url"] == "http://127.0.0.1:8000/scim/v2/acme-store"
    assert second["expires_at"] == "2999-01-31T00:00:00+00:00"
    listed = muster("tokens", "list", "acme-store", "--json")
    assert [(it["id"], it["name"], it["state"]) for it in listed.json] == [
        (second["id"], "next", "live"),
        (listed.json[1]["id"], None, "live"),
    ]
    assert (listed.json[1]["created_by"], listed.json[1]["expires_at"]) == ("command", None)
    for token in (first, second["token"]):
        assert token not in listed.out
        assert token not in muster("tokens", "list", "acme-store").out
    third = muster("tokens", "create", "acme-store")
    assert (third.status, third.out) == (2, "")
    assert "2 live tokens" in third.err
    revoke = ("tokens", "revoke", "acme-store", listed.json[1]["id"], "--json")
    assert muster(*revoke).json["state"] == "revoked"
    [left] = muster("tokens", "list", "acme-store", "--json").json
    assert left["id"] == second["id"]
    assert len(muster("tokens", "list", "acme-store", "--revoked", "--json").json) == 2


def test_a_token_that_ends_within_two_weeks_is_told(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    made = muster("tokens", "create", "acme-store", "--expires", "13d", "--json").json
    listed = muster("tokens", "list", "acme-store", "--json")
    assert [it["expires_soon"] for it in listed.json] == [True, False]
    assert listed.err == ""
    assert "ends within two weeks" in muster("tokens", "list", "acme-store").err
    [told] = muster("status", "--json").json["expiring_tokens"]
    assert (told["connection"], told["token"]) == ("acme-store", made["id"])
    assert made["id"] in muster("status").out
    muster("tokens", "revoke", "acme-store", made["id"])
    assert muster("status", "--json").json["expiring_tokens"] == []


@on_new_databases_of_both
def test_changes_are_audited_with_what_was_before_and_after(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    muster("connections", "create", "other", "store", "--new-workspace")
    muster("connections", "change", "acme-store", "--on-create", "create-employee")
    changed, created, made, begun = muster("audit", "acme", "--json").json
    assert (made["action"], made["workspace"]) == ("workspaces.create", "acme")
    assert [it["outcome"] for it in (begun, made)] == ["begun", "done"]
    assert (created["action"], created["actor"]) == ("connections.create", "command")
    assert changed["before"]["on_create"] == {"do": "nothing"}
    assert changed["after"]["on_create"] == {"do": "create-employee"}
    assert [it["connection"] for it in muster("audit", "--limit", "2", "--json").json] == [
        "acme-store",
        "other-store",
    ]


@on_new_databases_of_both
def test_devices_are_enrolled_assigned_and_listed(muster: Muster) -> None:
    muster("policies", "add", "acme", "Standard")
    muster("accounts", "add", "acme", "mdm", "ada@example.com")
    muster("devices", "add", "acme", "S-1", "--policy", "Standard")
    muster("devices", "add", "acme", "S-2", "--assigned-to", "Ada@Example.com")
    muster("devices", "assign", "acme", "S-1", "ada@example.com")
    assert muster("devices", "list", "acme", "--json").json == [
        {
            "serial": serial,
            "policy": policy,
            "assigned_to": "ada@example.com",
            "removed": False,
            "id": muster("devices", "show", "acme", serial, "--json").json["id"],
            "account": muster("accounts", "show", *ADA, "--json").json["id"],
        }
        for serial, policy in (("S-1", "Standard"), ("S-2", None))
    ]


def test_accounts_made_by_hand_are_listed(muster: Muster) -> None:
    muster("accounts", "add", "acme", "dashboard", "ada@example.com", "--role", "admin")
    muster("accounts", "add", "acme", "store", "ada@example.com")
    assert muster("accounts", "list", "acme", "--json").json == [
        {
            "portal": portal,
            "email": "ada@example.com",
            "role": role,
            "groups": [],
            "removed": False,
            "version": None,
            "connection": None,
            "own_role": role,
            "made_by": "hand",
            "released": False,
            "protected": False,
            "id": muster("accounts", "show", "acme", portal, ADA[-1], "--json").json["id"],
            "identity": None,
        }
        for portal, role in (("dashboard", "admin"), ("store", None))
    ]


@on_new_databases_of_both
def test_a_device_changes_its_policy_leaves_and_comes_back(muster: Muster) -> None:
    muster("policies", "add", "acme", "Standard")
    first = muster("devices", "add", "acme", "S-1", "--json").json
    assert muster("devices", "policy", "acme", "S-1", "Standard", "--json").json == {
        **first,
        "policy": "Standard",
    }
    in_use = muster("policies", "remove", "acme", "Standard")
    assert (in_use.status, "has devices under policy" in in_use.err) == (2, True)
    assert muster("devices", "remove", "acme", "S-1", "--json").json["removed"]
    assert muster("policies", "remove", "acme", "Standard", "--json").json == {"policy": "Standard"}
    refused = muster("devices", "policy", "acme", "S-1")
    assert (refused.status, "add it again first" in refused.err) == (2, True)
    second = muster("devices", "add", "acme", "S-1", "--json").json
    assert second["id"] != first["id"]
    assert [it["removed"] for it in muster("devices", "list", "acme", "--json").json] == [
        *(False, True),
    ]
    [live] = muster("devices", "list", "acme", "--live", "--json").json
    assert live == second


@on_new_databases_of_both
def test_accounts_are_listed_by_filters_and_up_to_a_limit(muster: Muster) -> None:
    for name, role in (("ada", "admin"), ("ben", "viewer"), ("cid", "viewer")):
        muster("accounts", "add", "acme", "dashboard", f"{name}@example.com", "--role", role)
    muster("accounts", "add", "acme", "store", "ada@example.com")

    def listed(*options: str) -> list[str]:
        found = muster("accounts", "list", "ACME", *options, "--json").json
        return [it["email"].removesuffix("@example.com") for it in found]

    assert listed() == ["ada", "ben", "cid", "ada"]
    assert listed("--portal", "dashboard", "--role", "viewer") == ["ben", "cid"]
    assert listed("--email", "Ada@example.com") == ["ada", "ada"]
    assert listed("--limit", "2") == ["ada", "ben"]
    assert listed("--removed") == []
    assert listed("--connection", "acme-store") == []


@on_new_databases_of_both
def test_a_workspace_without_conflicts_lists_none(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    assert muster("conflicts", "list", "acme", "--limit", "5", "--json").json == []


def test_what_is_done_by_hand_is_audited_without_names(muster: Muster) -> None:
    muster("policies", "add", "acme", "Standard")
    account = muster("accounts", "add", *ADA, "--json").json
    device = muster("devices", "add", "acme", "S-1", "--json").json
    muster("devices", "assign", "acme", "S-1", ADA[-1])
    assert muster("devices", "add", "acme", "S-1").status == 2
    told = muster("audit", "acme", "--json")
    assert {it["actor"] for it in told.json} == {"command"}
    failed, *others = [it for it in told.json if it["outcome"] != "done"]
    begun, assigned, enrolled, added, policy, _new_workspace = others
    done = {it["correlation_id"] for it in told.json if it["outcome"] == "done"}
    assert done == {it["correlation_id"] for it in others[1:]}
    assert [it["action"] for it in (failed, *others[:-1])] == [
        *("devices.add", "devices.add", "devices.assign", "devices.add", "accounts.add"),
        "policies.add",
    ]
    assert (failed["outcome"], begun["outcome"]) == ("failed", "begun")
    assert failed["correlation_id"] == begun["correlation_id"]
    assert (added["subject"], enrolled["subject"]) == (account["id"], device["id"])
    assert assigned["before"], assigned["after"] == ({"account": None}, {"account": account["id"]})
    assert policy["after"] == {"policy": "Standard"}
    assert "ada@" not in told.out.lower()  # ids can hold the three letters
    assert "S-1" not in told.out


@on_new_databases_of_both
def test_an_account_is_released_once_and_again(muster: Muster) -> None:
    muster("accounts", "add", "acme", "dashboard", "ada@example.com", "--role", "admin")
    release = ("accounts", "release", "acme", "dashboard", "Ada@Example.com", "--json")
    released = muster(*release).json
    assert (released["email"], released["released"]) == ("ada@example.com", True)
    assert muster(*release).json == released
    assert muster("accounts", "list", "acme", "--json").json == [released]


@on_new_databases_of_both
def test_status_of_an_empty_installation(muster: Muster) -> None:
    told = muster("status", "--json").json
    assert told.pop("installation")["broker"] == "embedded"
    assert told == {
        "identities": 0,
        "pending": 0,
        "held": 0,
        "oldest_pending_seconds": 0.0,
        "applied": 0,
        "waived": 0,
        "refused": [],
        "failed": [],
        "left": [],
        "workspaces": [],
        "connections": [],
        "expiring_tokens": [],
    }


def test_a_resync_of_an_empty_connection_marks_nobody(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    assert muster("resync", "acme-store", "--json").json["marked"] == 0


@on_new_databases_of_both
def test_everything_is_resynced_where_there_is_nobody(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    assert muster("resync", "--all", "--json").json == {"marked": 0}


def test_the_version_is_told(muster: Muster) -> None:
    assert muster("--version").out == f"{version('muster-scim')}\n"


@on_new_databases_of_both
def test_tables_are_for_people(muster: Muster) -> None:
    muster("policies", "add", "acme", "[bold]Standard")
    listed = muster("policies", "list", "acme")
    assert "[bold]Standard" in listed.out


MISTAKES = [
    ("connections create acme intranet", "'dashboard', 'store', 'mdm'"),
    ("connections create acme store --on-create create-collaborator", "create-employee"),
    ("connections create acme store --on-deactivate remove-user", "remove-employee"),
    (
        "connections create acme mdm --on-deactivate change-policy --policy None --new-workspace",
        "policies add",
    ),
    ("connections create acme dashboard --map-role Admins=owner", "admin, editor, viewer"),
    ("connections create acme store", "--new-workspace"),
    ("policies add acme Standard", "--new-workspace"),
    ("devices add acme S-1", "--new-workspace"),
    ("accounts add acme store ada@example.com", "--new-workspace"),
    ("connections create ### store", "letters or digits"),
    ("connections change nowhere --on-create nothing", "nowhere"),
    ("connections change known-store", "at least one option"),
    ("connections change known-store --map-role A=admin --no-map-role", "exclude each other"),
    ("connections change known-store --map-group 2b=admin --no-map-role", "exclude each other"),
    ("connections change known-store --map-group 2b=admin", "no group with this id"),
    ("rules choices nowhere", "nowhere"),
    (f"connections create {'x' * 60} store", "1 to 50"),
    ("policies add acme '' --new-workspace", "1 to 200"),
    ("devices add acme '' --new-workspace", "1 to 200"),
    ("accounts add acme store nobody --new-workspace", "before and after its @"),
    ("tokens rotate nowhere", "nowhere"),
    ("tokens list nowhere", "nowhere"),
    ("tokens create known-store --expires soon", "90d, 12h, 30m, 2027-01-31"),
    ("tokens create known-store --expires 2020-01-31", "a time to come"),
    ("tokens create known-store --name ''", "1 to 100"),
    ("tokens revoke known-store nothing", "12 hexadecimal digits"),
    ("resync nowhere", "nowhere"),
    ("resync", "--all"),
    ("resync known-store --all", "--all alone"),
    ("resync --all --identity nobody", "--all alone"),
    ("resync known-store --identity nobody", "no identity with this id"),
    ("policies list nowhere", "nowhere"),
    ("devices list nowhere", "nowhere"),
    ("devices assign nowhere S-1 ada@example.com", "nowhere"),
    ("devices assign known S-9 ada@example.com", "no device with this serial number"),
    ("devices add known S-1 --policy None", "None"),
    ("devices add known S-1 --assigned-to nobody@example.com", "no account with this e-mail"),
    ("accounts list nowhere", "nowhere"),
    ("accounts add acme intranet ada@example.com", "'dashboard', 'store', 'mdm'"),
    ("accounts add acme dashboard ada@example.com --role owner", "'admin', 'editor', 'viewer'"),
    ("accounts add acme store ada@example.com --role admin --new-workspace", "no role"),
    ("accounts add", "workspace"),
    ("accounts release nowhere dashboard ada@example.com", "nowhere"),
    ("accounts release nowhere intranet ada@example.com", "'dashboard', 'store', 'mdm'"),
    ("accounts release known store ada@example.com", "no account with this e-mail"),
    ("accounts show known store ada@example.com", "no account with this e-mail"),
    ("accounts list known --portal intranet", "'dashboard', 'store', 'mdm'"),
    ("accounts list known --role owner", "'admin', 'editor', 'viewer'"),
    ("accounts list known --limit 0", "--limit"),
    ("devices show known S-9", "no device with this serial number"),
    ("devices policy known S-9 None", "no device with this serial number"),
    ("devices remove nowhere S-1", "nowhere"),
    ("policies remove known None", "None"),
    ("conflicts list nowhere", "nowhere"),
    ("conflicts show nowhere nobody", "nowhere"),
    ("conflicts show known-store nobody", "no person with this id waits"),
    ("conflicts release known-store nobody", "no person with this id waits"),
    ("conflicts move known-store nobody ada@example.com", "no person with this id waits"),
    ("nonsense", "nonsense"),
    ("api", "MUSTER_BROKER_URL"),
    ("relay", "MUSTER_BROKER_URL"),
    ("worker", "MUSTER_BROKER_URL"),
    ("topology apply", "MUSTER_BROKER_URL"),
    ("dead-letters list", "MUSTER_BROKER_URL"),
    ("dead-letters purge --yes", "MUSTER_BROKER_URL"),
    ("failures show sometimes", "'exhausted', 'permanent', 'unpublishable'"),
    ("failures retry sometimes", "'exhausted', 'permanent', 'unpublishable'"),
]


@pytest.fixture(scope="module")
def known_installation(
    tmp_path_factory: pytest.TempPathFactory, file_templates: FileTemplates
) -> dict[str, str]:
    """Give the settings of an installation with one connection, which no mistake changes."""
    folder = tmp_path_factory.mktemp("known")
    settings = {
        f"MUSTER_{side}_DATABASE_URL": file_templates.copy(schema, folder / f"{side}.sqlite3")
        for side, schema in (("DIRECTORY", DIRECTORY), ("DOWNSTREAM", DOWNSTREAM))
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, url in settings.items():
            patch.setenv(name, url)
        assert cli.run(["connections", "create", "known", "store"]) == 0
    return settings


@pytest.mark.parametrize(("command", "says"), MISTAKES)
def test_a_mistake_is_one_line_on_standard_error_and_changes_nothing(
    plain_muster: Muster,
    known_installation: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    says: str,
) -> None:
    for name, url in known_installation.items():
        monkeypatch.setenv(name, url)
    mistake = plain_muster(*shlex.split(command))
    assert (mistake.status, mistake.out) == (2, "")
    (line,) = mistake.err.splitlines()
    assert line.startswith("muster: ")
    assert says.lower() in line.lower()
    directory, downstream = known_installation.values()
    assert _found_in(directory, "SELECT id FROM connections") == ["known-store"]
    assert _found_in(downstream, "SELECT name FROM workspaces") == ["known"]


def _found_in(url: str, query: str) -> list[str]:
    """Ask a file of SQLite itself: a command would take as long as the mistake."""
    with closing(sqlite3.connect(str(make_url(url).database))) as db:
        return [found for (found,) in db.execute(query)]


def test_a_wrong_setting_is_named_without_its_value(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PORT", "secret")
    answer = muster("connections", "list")
    assert (answer.status, answer.out) == (2, "")
    assert (
        answer.err
        == "muster: MUSTER_PORT is not valid: it takes a port, 1 to 65535 (0: any free one)\n"
    )


@pytest.mark.parametrize(
    "url",
    ["postgresql://ada:secret@127.0.0.1:1/secret", "sqlite:////dev/null/x.sqlite3"],
)
def test_a_database_that_cannot_be_used_is_one_line_that_names_its_setting(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("MUSTER_DOWNSTREAM_DATABASE_URL", url)
    for command in ("status", "migrate"):
        answer = muster(command)
        assert (answer.status, answer.out) == (2, "")
        (line,) = answer.err.splitlines()
        assert "MUSTER_DOWNSTREAM_DATABASE_URL" in line
        assert "secret" not in line


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
@pytest.mark.postgres
@pytest.mark.parametrize(
    ("changed", "says"),
    [({"database": "secret"}, "no database"), ({"username": "secret"}, "user or password")],
)
def test_a_server_that_refuses_says_what_to_change(
    muster: Muster,
    monkeypatch: pytest.MonkeyPatch,
    new_database_url: NewDatabase,
    changed: dict[str, str],
    says: str,
) -> None:
    url = make_url(new_database_url()).set(**changed)  # type: ignore[arg-type]
    monkeypatch.setenv("MUSTER_DIRECTORY_DATABASE_URL", url.render_as_string(hide_password=False))
    answer = muster("status")
    assert answer.status == 2
    assert says in answer.err
    assert "secret" not in answer.err


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_an_outdated_schema_names_the_command_that_mends_it(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, new_database_url: NewDatabase
) -> None:
    monkeypatch.setenv("MUSTER_DIRECTORY_DATABASE_URL", new_database_url())
    answer = muster("status")
    assert answer.status == 2
    assert "muster migrate" in answer.err
