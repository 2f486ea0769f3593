"""How is a connection to a server secured? Its TLS and its password come from files, read anew.

The tests lie in ``tests/unit/contracts/secure_connections`` and ``tests/integration/tls``.
"""
