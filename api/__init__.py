"""What do providers and administrators talk to? The api keeps their directory and publishes it.

The tests lie in ``tests/integration/api`` and, metrics and gauges,
``tests/integration/api/http/test_request_log.py``.
"""
