"""What does a first run show? It makes a workspace, or plays a joiner, a mover and a leaver.

The tests lie in ``tests/commands/test_processes.py``.
"""
