"""In what does a request reach the database? Its transactions lock the rows that they change.

The tests lie in ``tests/integration/api/scim/transactions`` and
``tests/integration/api/scim/test_parallel_writes.py``.
"""
