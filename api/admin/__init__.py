"""What can administrators do? They manage connections, rules, tokens, resyncs and failures.

The tests lie in ``tests/unit/api/admin`` and ``tests/integration/api/admin``.
"""
