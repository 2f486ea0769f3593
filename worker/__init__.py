"""What happens downstream? Events change accounts, roles and devices.

The tests lie in ``tests/integration/worker``; drift in
``tests/integration/both_sides/test_reconciliation.py``.
"""
