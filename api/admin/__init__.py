"""What can administrators do? They manage connections, rules, tokens, resyncs and failures.

Each use case takes an ``Administration`` and an ``Actor``. It checks first what the actor reaches,
and writes what it changes to the audit log.

The tests lie in ``tests/unit/api/admin`` and ``tests/integration/api/admin``.
"""
