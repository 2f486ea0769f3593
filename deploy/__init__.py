"""Which ways are there to run Muster? This package holds the composition roots, and no more.

The tests lie in ``tests/commands``, ``tests/unit/deploy`` and ``tests/integration/deploy``.
"""
