"""Each module has the pages of one noun, and the forms on them.

The tests lie in ``tests/integration/api/console``.
"""
