"""What can administrators do? They manage connections, rules, tokens, people and failures.

A change can be previewed. Workspaces and people are listed, and found by their names; the first use
of a new workspace makes it. Accounts, devices, policies and conflicts are those of downstream,
listed and changed by hand.

Each use case takes an ``Administration`` and an ``Actor``. It checks first what the actor reaches,
and writes what it changes to the audit log.

The tests lie in ``tests/unit/api/admin`` and ``tests/integration/api/admin``, those of people in
``tests/integration/both_sides/test_people.py`` and ``test_locked_people.py`` beside it.
"""
