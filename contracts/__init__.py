"""What do both sides of the broker agree on? Contracts define it, in Pydantic and plain Python.

The tests lie in ``tests/unit/contracts`` and ``tests/compatibility``; transports in
``tests/conformance/test_transport.py``.
"""
