"""How does Muster serve as its own platform? The worker's tables keep accounts and devices.

The tests lie in ``tests/conformance/test_platform.py``, which holds every adapter to the port, and
in ``tests/integration/worker/platforms/sql``.
"""
