"""Which routes has each noun? A module for each turns a request into a use case's arguments.

It turns the use case's answer into JSON as well, and does nothing else. ``docs/how-to-extend.md``
lists the steps for a new one.

The tests lie in ``tests/integration/api/admin/http``.
"""
