"""The console shows administrators an installation in a browser, on the use cases of api.admin.

The tests lie in ``tests/integration/api/console``.
"""
