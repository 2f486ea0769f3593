"""How is HTTP served and defended? uvicorn serves bound sockets, with bounds for every client.

The tests lie in ``tests/unit/deploy/http`` and ``tests/integration/deploy/http``.
"""
