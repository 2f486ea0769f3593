"""What does each command do? A module for each noun parses, calls a use case, and prints.

The tests lie in ``tests/commands`` and, by module, ``tests/unit/deploy/commands``.
"""
