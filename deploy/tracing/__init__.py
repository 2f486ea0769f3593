"""How does a process tell what it does? Spans go to a collector, where the settings name one.

The tests lie in ``tests/integration/deploy/tracing``, and ``tests/end_to_end/test_tracing.py`` has
processes and a broker that is away.
"""
