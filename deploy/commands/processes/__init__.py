"""How are processes started? A module for each reads the settings, binds sockets, and runs it.

Each module loads the code of its process only. The tests lie in ``tests/commands``:
``tests/commands/test_processes.py`` and ``tests/commands/test_parts.py``.
"""
