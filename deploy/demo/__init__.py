"""What does a first run show? It shows a workspace with a past, or a story of three people.

The tests lie in ``tests/integration/deploy/test_demo.py`` and ``tests/commands/test_processes.py``.
"""
