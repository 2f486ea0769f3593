"""What is kept of requests? A log for administrators, the last use of tokens, nothing personal.

Answers never wait for it: requests are noted in memory, and written together in the background.
The tests lie in ``tests/unit/api/requests`` and ``tests/integration/api/requests``; those of the
remedies in ``tests/unit/api/scim/test_error_codes.py``.
"""
