"""How are users served and stored? Requests share statements and transactions in batches.

The tests lie in ``tests/conformance/test_user_answers.py``,
``tests/conformance/test_plain_users.py``, ``tests/integration/api/scim/users`` and
``tests/identity_providers``.
"""
