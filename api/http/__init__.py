"""How does HTTP reach the api? Middleware traces, measures and bounds its requests.

The tests lie in ``tests/unit/api/http`` and ``tests/integration/api/http``; short targets in
``tests/integration/api/scim/test_bounded_costs.py``.
"""
