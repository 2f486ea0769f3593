"""How are resources found? Searches translate filters and orders into SQL, and read pages.

The tests lie in ``tests/conformance/test_scim_searches.py`` and
``tests/integration/api/scim/search``.
"""
