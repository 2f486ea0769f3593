"""What is kept of requests? A log and last uses of tokens are, with addresses of the callers.

Personal values of requests are not.

Answers never wait for them: requests are noted in memory, and written together in the background.
The tests lie in ``tests/unit/api/requests`` and ``tests/integration/api/requests``; those of the
remedies in ``tests/unit/api/scim/test_error_codes.py``.
"""
