"""In which steps is an operation served? A handler calls those of requests, searches and bulk.

The tests lie in ``tests/identity_providers/test_rfc_bulk.py``,
``tests/conformance/test_scim_storage.py`` and ``tests/integration/api/scim/operations``.
"""
