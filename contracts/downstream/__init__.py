"""What may the api ask about downstream? Each Protocol, which the worker implements, has a file.

The tests lie in ``tests/integration/worker/sync/test_states.py``,
``tests/integration/worker/test_preview.py`` and ``tests/integration/both_sides``, with the worker
behind it.
"""
