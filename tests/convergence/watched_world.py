"""Does any plan give an account more than its connection could? A downstream that looks at each.

It looks, too, whether a plan asks for the number of Admins where a worker would not have counted.
"""

from dataclasses import replace

from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.rules import Role
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import (
    ChangeAccount,
    CreateAccount,
    Outcome,
    Plan,
    RestoreAccount,
    UnlinkAccount,
    YieldAddress,
)
from worker.planning.facts import Account, Facts, IdentityKey
from worker.planning.plan import replan
from worker.planning.working_set import WorkingSet


class WatchedWorld(ToyDownstream):
    """Checks every change of an account that the connection did not make, before it is followed.

    An address that is yielded is the doing of the connection whose identity holds the account.
    """

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[IdentityKey, IdentityChanged] = {}

    def facts_for(self, event: IdentityChanged) -> Facts:
        """Return the facts for planning an event, whose number of Admins is read where it counts.

        The worker loads the accounts of these facts, and counts by them and by the event.
        """
        facts = super().facts_for(event)
        loaded = WorkingSet()
        for account in (facts.account, facts.account_with_email, *facts.yielding):
            if account is not None:
                loaded.load_account(account)
        if not loaded.workspaces_of_admins([event]):
            few, many = (replan(replace(facts, admins=number), event) for number in (0, 9))
            assert few == many
        return facts

    def apply_plan(self, event: IdentityChanged, planned: Plan) -> None:
        """Check a plan, and follow it."""
        accounts = dict(self.accounts)
        for action in planned.actions:
            match action:
                case ChangeAccount(account=after) | UnlinkAccount(account=after):
                    before, accounts[after.id] = accounts[after.id], after
                    if not before.released and before.made_by != event.connection:
                        _check_change(before, after, event)
                    if isinstance(action, UnlinkAccount):
                        _check_end(before, after, event)
                case YieldAddress(account=after):
                    before, accounts[after.id] = accounts[after.id], after
                    assert event.active
                    self._check_yielding(before, after)
                case CreateAccount(account=after) | RestoreAccount(account=after):
                    accounts[after.id] = after
                case _:
                    pass
        super().apply_plan(event, planned)
        if planned.outcome not in {Outcome.STALE, Outcome.DUPLICATE}:
            self.newest[planned.record.key] = event

    def _check_yielding(self, before: Account, after: Account) -> None:
        [holder] = [it.key for it in self.records.values() if it.account_id == before.id]
        known = self.newest[holder]
        assert not known.active
        newest = known.profile.waiting_email or known.profile.email
        assert after.email == newest != before.email
        if not before.released and before.made_by != known.connection:
            _check_change(before, after, known)


def _check_change(before: Account, after: Account, event: IdentityChanged) -> None:
    gift = _rank(event.terms.highest_role) if isinstance(event.terms, DashboardTerms) else 3
    moves = before.email_key != after.email_key
    assert not moves or max(_rank(after.role), _rank(after.own_role)) <= gift
    is_raised = _rank(after.role) > _rank(before.role)
    assert not is_raised or _rank(after.role) <= max(gift, _rank(before.own_role))
    if before.made_by is None and _rank(before.own_role) > gift:
        assert not moves
        assert after.role is before.role or after.role is before.own_role


def _check_end(before: Account, after: Account, event: IdentityChanged) -> None:
    """An account that is left behind has the role of its own, or the one that the rule gave."""
    assert after.role in {before.own_role, getattr(event.terms.on_create, "role", before.own_role)}
    assert after.role is after.own_role


def _rank(role: Role | None) -> int:
    return 0 if role is None else [Role.VIEWER, Role.EDITOR, Role.ADMIN].index(role) + 1
