"""In which transactions do the operations of a bulk request run, and which of them together?"""

from itertools import pairwise
from typing import Any

import pytest
from scim2_models import BulkOperation, Resource
from scim2_server.bulk import BulkPlan

from api.scim.operations.bulk_transactions import components_of, first_state, transactions_of
from api.scim.protocol.resources import Group, ScimUser


def creation(name: str, *references: str) -> BulkOperation[Resource[Any]]:
    """Return the creation of a group with other creations as its members."""
    members = [{"value": f"bulkId:{reference}"} for reference in references]
    group = Group.model_validate({"displayName": name, "members": members})
    return creation_of(name, group)


def creation_of(name: str, resource: Resource[Any]) -> BulkOperation[Resource[Any]]:
    """Return the creation of a resource."""
    kind: Any = BulkOperation.__class_getitem__(type(resource))
    operation: BulkOperation[Resource[Any]] = kind(
        method="POST", path="/Any", bulk_id=name, data=resource
    )
    return operation


def plan_of(**references: str) -> BulkPlan:
    """Return the plan of creations that are named with one letter each."""
    operations = [creation(name, *others) for name, others in references.items()]
    return BulkPlan(operations, fail_on_errors=None)


def order_of(plan: BulkPlan) -> list[str]:
    """Return the names of the operations in each transaction."""
    return [
        "".join(sorted(str(plan.operation(s).bulk_id) for s in transaction))
        for transaction in transactions_of(plan, components_of(plan))
    ]


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        ({"a": "", "b": ""}, ["a", "b"]),
        ({"a": "b", "b": "c", "c": ""}, ["c", "b", "a"]),
        ({"a": "b", "b": "a"}, ["ab"]),
        ({"a": "a"}, ["a"]),
        ({"a": "bx", "b": "cx", "c": "a", "x": "", "y": "b"}, ["x", "abc", "y"]),
        ({"a": "b", "b": "ac", "c": "d", "d": "c"}, ["cd", "ab"]),
        ({"d": "c", "c": "db", "b": "a", "a": "b"}, ["ab", "cd"]),
    ],
)
def test_circles_run_together_and_after_what_they_need(
    references: dict[str, str], expected: list[str]
) -> None:
    assert order_of(plan_of(**references)) == expected


def test_a_long_chain_and_a_long_circle_end() -> None:
    names = [f"g{number}" for number in range(3_000)]
    chain = [creation(name, other) for name, other in pairwise(names)]
    plan = BulkPlan(chain, None)
    assert len(list(transactions_of(plan, components_of(plan)))) == len(chain)
    circle = [*chain, creation(names[-1], names[0])]
    whole = BulkPlan(circle, None)
    (transaction,) = transactions_of(whole, components_of(whole))
    assert len(transaction) == len(circle)


def test_what_names_itself_is_a_circle_of_one() -> None:
    plan = plan_of(a="a", b="a")
    components = components_of(plan)
    assert [
        components.is_cycle(transaction) for transaction in transactions_of(plan, components)
    ] == [True, False]


def test_a_circle_starts_with_what_is_known() -> None:
    plan = plan_of(a="bc", b="a", c="")
    plan.created["c"] = Group(id="1")
    first = first_state(plan, plan.operations[0])
    assert isinstance(first, Group)
    assert (first.display_name, first.members) == ("a", None)
    user = ScimUser(user_name="ada")
    assert first_state(plan, creation_of("u", user)) == user
