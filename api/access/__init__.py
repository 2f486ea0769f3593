"""What opens a connection? Bearer tokens do: they are issued once, looked up and revoked here.

The tests lie in ``tests/integration/api/access`` and ``tests/integration/api/scim/transactions``,
over HTTP.
"""
