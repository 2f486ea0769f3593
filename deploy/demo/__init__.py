"""What does a first run show? A workspace with a week behind it, or a story of three people.

The tests lie in ``tests/integration/deploy/test_demo.py`` and ``tests/commands/test_processes.py``.
"""
