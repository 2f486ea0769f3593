"""How does a process tell what it does? Spans go to a collector, where the settings name one.

The tests lie in ``tests/integration/deploy/tracing``.
"""
