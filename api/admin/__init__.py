"""What can administrators do? They manage connections, rules, tokens, resyncs and failures.

Workspaces are listed, and found by their names; the first use of a new one makes it.

Each use case takes an ``Administration`` and an ``Actor``. It checks first what the actor reaches,
and writes what it changes to the audit log.

The tests lie in ``tests/unit/api/admin`` and ``tests/integration/api/admin``.
"""
