"""What has to hold once everything has arrived? The blueprint's promises, compared with Okta."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable

from contracts.rules import Portal, Role
from tests.drivers.okta import App, Person
from tests.end_to_end.counters import Counters
from tests.readings.stored import Row, Stored

ROLES = {"Administrators": Role.ADMIN, "Editors": Role.EDITOR}
"""How the dashboard's connections map groups; everybody else is a viewer."""


def check_invariants(stored: Stored, apps: Collection[App]) -> None:
    """Check that downstream is what Okta was told it is, once and for everybody.

    Whoever is refused has to be the last Admin of the workspace, who is still there.
    """
    assert stored.lagging == []
    assert stored.failures == []
    assert {row["reason"] for row in stored.refusals} <= {"last_admin"}
    refused = {(row["connection"], row["identity"]) for row in stored.refusals}
    for app in apps:
        for person in app.people.values():
            key = app.connection, person.id
            account = stored.accounts[stored.records[key]["account_id"]]
            if key in refused:
                assert _is_admin(account)
            else:
                _check_account(app, person, account)
    _check_that_nothing_is_doubled(stored, apps)
    _check_admins(stored, refused)
    _check_devices(stored)


def check_bystanders(before: Iterable[Row], after: Iterable[Row]) -> None:
    """Check that nothing at all has happened to a connection."""
    assert list(before)
    assert sorted(map(repr, before)) == sorted(map(repr, after))


def check_counters(counters: Counters, stored: Stored, pushed: int, released_before: int) -> None:
    """Check that the metrics tell what was done.

    :param counters: those of every api, and of the workers that are still there.
    :param pushed: requests that were acknowledged, some after they had been told to wait.
    :param released_before: the devices that a worker had released by the time that it ended.
    """
    answered = counters.of("muster_scim_request_duration_seconds_count")
    assert {status for _, status in answered if status[0] != "2"} <= {"429"}
    assert sum(count for (_, status), count in answered.items() if status[0] == "2") == pushed
    assert counters.total("muster_publications_total", "confirmed") >= len(stored.identities)
    assert counters.total("muster_dirty_marks") == 0
    assert counters.total("muster_broker_messages") == 0
    planned = sum(counters.total("muster_events_total", it) for it in ("applied", "refused"))
    assert counters.total("muster_sync_lag_seconds_count") == planned > 0
    assert counters.total("muster_events_total", "failed") == 0
    released = counters.total("muster_device_actions_total", "release")
    assert released_before + released == len(stored.ledger)
    assert counters.total("muster_refusals_total", "last_admin") >= len(stored.refusals)


def _check_account(app: App, person: Person, account: Row) -> None:
    assert (account["workspace"], account["portal"]) == (app.workspace, app.portal)
    if person.deleted or not person.active:
        assert (account["removed"], account["email"]) == (True, None)
        return
    assert not account["removed"]
    assert account["email"] == person.email
    assert account["display_name"] == person.display_name
    assert account["external_id"] == person.user_name
    assert sorted(account["groups"]) == app.group_names(person)
    if app.portal == Portal.DASHBOARD:
        mapped = Role.highest(ROLES[name] for name in account["groups"] if name in ROLES)
        assert account["role"] == (mapped or Role.VIEWER)


def _check_that_nothing_is_doubled(stored: Stored, apps: Collection[App]) -> None:
    pushed = Counter((app.workspace, app.portal) for app in apps for _ in app.people)
    made = Counter((row["workspace"], row["portal"]) for row in stored.accounts.values())
    assert {where: made[where] for where in pushed} == dict(pushed)
    _nothing_twice(
        (row["workspace"], row["portal"], row["email_key"])
        for row in stored.accounts.values()
        if not row["removed"]
    )
    _nothing_twice(row["account_id"] for row in stored.records.values())
    _nothing_twice((row["identity"], row["device_id"], row["action"]) for row in stored.ledger)


def _check_admins(stored: Stored, refused: Collection[tuple[str, str]]) -> None:
    """A last Admin waits only where there is no other."""
    admins = Counter(row["workspace"] for row in stored.accounts.values() if _is_admin(row))
    waiting = Counter(stored.records[key]["workspace"] for key in refused)
    assert {workspace: admins[workspace] for workspace in waiting} == dict.fromkeys(waiting, 1)


def _check_devices(stored: Stored) -> None:
    """Whoever was removed has none, each is there, and each was released once if at all."""
    removed = {row["id"] for row in stored.accounts.values() if row["removed"]}
    assert not [row for row in stored.devices if row["assigned_to"] in removed or row["removed"]]
    free = {row["id"] for row in stored.devices if row["assigned_to"] is None}
    assert {row["device_id"] for row in stored.ledger} == free


def _is_admin(account: Row) -> bool:
    return account["role"] == Role.ADMIN and not account["removed"]


def _nothing_twice(things: Iterable[Hashable]) -> None:
    assert [thing for thing, number in Counter(things).items() if number > 1] == []
