"""How do administrators reach the use cases over HTTP? Routes below ``/admin/v1`` take tokens.

``routes`` has a module for each noun, and ``routers.py`` lists them. The gate in front of them
(``gate.py``) knows every request's actor before anything else is read.

The tests lie in ``tests/integration/api/admin/http``.
"""
