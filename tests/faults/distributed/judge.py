"""What became of everything that was acknowledged? Lost, duplicated, recovered, unexpected.

The words are Jepsen's, but for the last. ``lost``: acknowledged, and not there. ``duplicated``:
there more than once, or done more often than asked for. ``recovered``: never acknowledged, and
there all the same, which is as it may be. ``unexpected``: there, and explained by nothing that was
pushed. ``late``: somebody has left, and was not gone in time.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.rules import Portal, Role
from tests.drivers.okta import App, Person
from tests.readings.promises import ROLES
from tests.readings.stored import Key, Row, Stored

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AppSeen:
    """An app as it knows itself, and what the directory shows of it."""

    app: App
    users: Sequence[Shown]
    groups: Sequence[Shown]
    departed: frozenset[str] = frozenset()
    """User names that the directory forgot when it was restored."""
    made_by_hand: frozenset[str] = frozenset()
    """E-mails of accounts that the platform's own people made."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything there is to judge, seen when nothing was pending any more, or in vain awaited."""

    apps: Sequence[AppSeen]
    stored: Stored
    releases: Counter[str]
    """How often each device was released, by serial, as the database has noted by itself."""
    expected_releases: Counter[str]
    dead_letters: int = 0
    recovered: int = 0


@dataclass(slots=True)
class Verdict:
    """What was found, one line for each effect; nothing in the first three is as it should be.

    What is late may be the machine's fault, which has to be found out by doing it again.
    """

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    recovered: int = 0
    late: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many there are of each kind."""
        return {
            "lost": len(self.lost),
            "duplicated": len(self.duplicated),
            "unexpected": len(self.unexpected),
            "recovered": self.recovered,
            "late": len(self.late),
        }

    def __str__(self) -> str:
        """Return what was found, a line for each."""
        kinds = ("lost", "duplicated", "unexpected", "late")
        return "\n".join(f"{kind}: {line}" for kind in kinds for line in getattr(self, kind))

    @property
    def is_clean(self) -> bool:
        """Say whether everything is as it should be, be it late."""
        return not (self.lost or self.duplicated or self.unexpected)

    @property
    def is_well(self) -> bool:
        """Say whether everything is as it should be, and in time."""
        return self.is_clean and not self.late


def judge(seen: Seen) -> Verdict:
    """Compare directory and downstream with what was acknowledged. Pure."""
    verdict = Verdict(recovered=seen.recovered)
    for app in seen.apps:
        _judge_directory(app, verdict)
        _judge_accounts(app, seen.stored, verdict)
    _judge_holdings(seen.stored, verdict)
    _judge_devices(seen, verdict)
    verdict.lost += [
        f"failed: {row['connection']}/{row['identity']} {row['kind']}: {row['message']}"
        for row in seen.stored.failures
    ]
    verdict.unexpected += [
        f"refused: {row['connection']}/{row['identity']} {row['reason']}"
        for row in seen.stored.refusals
    ]
    verdict.unexpected += [f"dead letter {number + 1}" for number in range(seen.dead_letters)]
    return verdict


# --- the directory ------------------------------------------------------------------------


def _judge_directory(seen: AppSeen, verdict: Verdict) -> None:
    app, where = seen.app, seen.app.connection
    there = {it.id: it for it in app.people.values() if not it.deleted}
    _compare(
        f"{where} user",
        {id_: _pushed(person) for id_, person in there.items()},
        {user["id"]: _shown(user) for user in seen.users},
        verdict,
    )
    _compare(
        f"{where} group",
        {id_: (name, sorted(_members(app, id_))) for id_, name in app.groups.items()},
        {
            group["id"]: (
                group["displayName"],
                sorted(member["value"] for member in group.get("members", [])),
            )
            for group in seen.groups
        },
        verdict,
    )


def _compare(
    what: str,
    pushed: dict[str, tuple[Any, ...]],
    shown: dict[str, tuple[Any, ...]],
    verdict: Verdict,
) -> None:
    """Compare resources by id; the first thing of each is its name."""
    names = {thing[0] for thing in pushed.values()}
    for id_, thing in pushed.items():
        if id_ not in shown:
            verdict.lost.append(f"{what} {id_}: {thing} is not shown")
        elif shown[id_] != thing:
            verdict.lost.append(f"{what} {id_}: {thing} is shown as {shown[id_]}")
    for id_ in shown.keys() - pushed.keys():
        again = verdict.duplicated if shown[id_][0] in names else verdict.unexpected
        again.append(f"{what} {id_}: {shown[id_]} was not pushed, or deleted")


def _pushed(person: Person) -> tuple[Any, ...]:
    return person.user_name, person.email, person.family_name, person.active


def _shown(user: Shown) -> tuple[Any, ...]:
    [email] = user["emails"]
    return user["userName"], email["value"], user["name"]["familyName"], user["active"]


def _members(app: App, group: str) -> list[str]:
    return [person.id for person in app.people.values() if group in person.groups]


# --- accounts -----------------------------------------------------------------------------


def _judge_accounts(seen: AppSeen, stored: Stored, verdict: Verdict) -> None:
    app = seen.app
    lagging = set(stored.lagging)
    held: set[str] = set()
    for person in app.people.values():
        key = app.connection, person.id
        if key not in stored.identities or key in lagging:
            verdict.lost.append(f"{key}: not applied, and nothing says why")
            continue
        account = stored.accounts.get(stored.records[key]["account_id"] or "")
        if account is None:
            verdict.lost.append(f"{key}: has no account")
            continue
        held.add(account["id"])
        if differing := sorted(_differences(app, person, account)):
            at = f"version {stored.records[key]['applied_version']}"
            verdict.lost.append(f"{key}: the account of {at} is not as pushed: {differing}")
    for key in stored.identities:
        if key[0] == app.connection and key[1] not in app.people:
            _judge_stranger(key, seen, stored, verdict)
    _judge_other_accounts(seen, stored, held, verdict)


def _judge_stranger(key: tuple[str, str], seen: AppSeen, stored: Stored, verdict: Verdict) -> None:
    """Judge an identity that no acknowledged push has made."""
    row = stored.identities[key]
    if row["deleted"] and not row["ever_active"] and seen.departed:
        return  # published as deleted by a reconciliation, after the directory had forgotten it
    names = {person.user_name for person in seen.app.people.values()}
    again = row["profile"]["user_name"] in names
    (verdict.duplicated if again else verdict.unexpected).append(f"{key}: was not pushed")


def _judge_other_accounts(
    seen: AppSeen, stored: Stored, held: Collection[str], verdict: Verdict
) -> None:
    """Judge the accounts that nobody who was pushed holds."""
    app = seen.app
    names = {person.user_name for person in app.people.values()}
    for account in stored.accounts.values():
        if (account["workspace"], account["portal"]) != (app.workspace, app.portal):
            continue
        forgotten = account["removed"] and account["external_id"] in seen.departed
        if account["id"] in held or forgotten or account["email"] in seen.made_by_hand:
            continue
        again = account["external_id"] in names
        (verdict.duplicated if again else verdict.unexpected).append(
            f"account {account['id']} of {app.connection} is held by nobody"
        )


def _differences(app: App, person: Person, account: Row) -> Iterator[str]:
    """Yield what is not as it was pushed, with both values."""
    gone = person.deleted or not person.active
    expected: Row = {"workspace": app.workspace, "portal": app.portal, "removed": gone}
    if gone:
        expected["email"] = None
    else:
        expected |= {
            "email": person.email,
            "display_name": person.display_name,
            "external_id": person.user_name,
            "groups": app.group_names(person),
        }
        if app.portal == Portal.DASHBOARD:
            mapped = Role.highest(ROLES[name] for name in expected["groups"] if name in ROLES)
            expected["role"] = mapped or Role.VIEWER
    for name, value in expected.items():
        there = sorted(account[name]) if name == "groups" else account[name]
        if there != value:
            yield f"{name} {there}, pushed {value}"


def _judge_holdings(stored: Stored, verdict: Verdict) -> None:
    """No account is held twice, no address is there twice."""
    holders = Counter(row["account_id"] for row in stored.records.values() if row["account_id"])
    addresses = Counter(
        (row["workspace"], row["portal"], row["email_key"])
        for row in stored.accounts.values()
        if row["email_key"]
    )
    verdict.duplicated += [f"account {it} is held twice" for it, n in holders.items() if n > 1]
    verdict.duplicated += [f"an address of {it[:2]} is there twice" for it, n in addresses.items()
                           if n > 1]  # fmt: skip


def came_back(stored: Stored, leavers: Collection[Key]) -> list[str]:
    """Name people who have left and hold a live account all the same. Pure."""
    held = {key: stored.records[key]["account_id"] for key in leavers if key in stored.records}
    return [
        f"{key}: has left, and is there again"
        for key, account in sorted(held.items())
        if account is not None and not stored.accounts[account]["removed"]
    ]


# --- devices ------------------------------------------------------------------------------


def _judge_devices(seen: Seen, verdict: Verdict) -> None:
    """Each was released once per deactivation, by the ledger and by what was noted."""
    serials = {row["id"]: row["serial"] for row in seen.stored.devices}
    ledger = Counter(serials.get(row["device_id"], "?") for row in seen.stored.ledger)
    for serial in {*serials.values(), *seen.releases, *ledger, *seen.expected_releases}:
        expected = seen.expected_releases[serial]
        for done in (seen.releases[serial], ledger[serial]):
            if done != expected:
                (verdict.lost if done < expected else verdict.duplicated).append(
                    f"device {serial}: released {done} times, {expected} were asked for"
                )
    removed = {row["id"] for row in seen.stored.accounts.values() if row["removed"]}
    verdict.lost += [
        f"device {row['serial']}: still with somebody who was removed"
        for row in seen.stored.devices
        if row["assigned_to"] in removed
    ]
    verdict.unexpected += [
        f"device {row['serial']}: removed" for row in seen.stored.devices if row["removed"]
    ]
