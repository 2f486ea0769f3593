"""How is SCIM 2.0 spoken here? Routes call operations, which read and write users and groups.

The tests lie in ``tests/identity_providers``, request by request, and by package in
``tests/unit/api/scim`` and ``tests/integration/api/scim``; locks in
``tests/integration/api/scim/test_parallel_writes.py``.
"""
