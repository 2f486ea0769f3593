"""How does HTTP carry SCIM? Routes read bodies, send answers and document both.

The tests lie in ``tests/integration/api/scim/http`` and
``tests/identity_providers/test_documented.py``.
"""
