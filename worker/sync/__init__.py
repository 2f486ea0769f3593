"""How far has each identity come downstream? Its sync record, refusals and failure show that.

The tests lie in ``tests/integration/worker/sync`` and
``tests/convergence/test_histories_in_sql.py``.
"""
