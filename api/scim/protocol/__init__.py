"""How does Muster read SCIM? This package holds values and decisions of the protocol, no I/O.

The tests lie in ``tests/unit/api/scim/protocol`` and ``tests/identity_providers``. Fast paths are
held to the models in ``tests/conformance/test_fast_paths.py`` and
``tests/conformance/test_plain_users.py``.
"""
