"""What did the provider push? The directory keeps users, groups, identities and their marks.

The tests lie in ``tests/unit/api/directory``, ``tests/integration/api/directory`` and
``tests/integration/api/scim/test_directory_writes.py``.
"""
