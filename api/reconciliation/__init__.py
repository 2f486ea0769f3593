"""How is downstream kept in step? Reconciliation compares versions, judges and repairs them.

The tests lie in ``tests/unit/api/reconciliation`` and ``tests/integration/both_sides``.
"""
