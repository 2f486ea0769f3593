"""How do members of a group travel? A change passes sent, steps, plan, parameter and writes.

``sent`` reads the entries of a request, ``steps`` makes steps of each operation, ``plan`` folds
the steps into one change, ``parameter`` writes its members into one parameter, and ``writes``
stores it. ``plain_changes`` and ``change_at_once`` are the short way of a few members.
``reads`` and ``stored`` look members up, ``answers`` and ``json_in_sql`` show them (decision 14).

The tests lie in ``tests/conformance/test_membership_plan.py``,
``tests/conformance/test_plain_members.py``, ``tests/conformance/test_group_patches.py`` and
``tests/integration/api/scim/members``.
"""
