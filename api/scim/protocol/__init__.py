"""How does Muster read SCIM? This package holds values and decisions of the protocol, no I/O.

The tests lie in ``tests/unit/api/scim/protocol`` and ``tests/identity_providers``.
"""
