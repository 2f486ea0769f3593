"""Which requests cost most? All kinds of them, and a mixture of all that one tenant sends."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, zip_longest

from tests.neighbours import costly_bulks, costly_crowds, costly_texts, costly_users
from tests.neighbours.requests import Tenant
from tests.neighbours.wire_request import Request

Costly = Callable[[Tenant], Awaitable[Sequence[Request]]]

OF_A_CROWD: Sequence[Costly] = [
    costly_crowds.scans,
    costly_crowds.groups_of_everybody,
    costly_crowds.members_of_everybody,
]
"""These need so many users that several of them use the same."""

COSTLY: Sequence[Costly] = [
    costly_texts.runs_of_marks,
    costly_texts.quotes_in_paths,
    costly_texts.bodies_of_many_values,
    costly_texts.conditions,
    costly_texts.wrong_tokens,
    costly_users.joiners,
    costly_users.users_of_a_thousand_entries,
    costly_users.small_changes_of_large_users,
    costly_users.long_patches,
    costly_users.long_patches_of_small_users,
    costly_users.pages_of_long_users,
    costly_users.pages_of_parts,
    costly_users.leavers_of_many_groups,
    costly_bulks.bulks_of_users,
    costly_bulks.bulks_of_leavers,
    costly_bulks.bulks_of_errors,
    costly_bulks.circles,
    *OF_A_CROWD,
    costly_crowds.groups_of_strangers,
]


async def mixture(tenant: Tenant, most: int) -> Sequence[Request]:
    """Return requests of every kind in turn, at most so many of each."""
    kinds = [await costly(tenant) for costly in COSTLY]
    in_turn = zip_longest(*(requests[:most] for requests in kinds))
    return [request for request in chain.from_iterable(in_turn) if request is not None]
