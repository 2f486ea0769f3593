"""Which processes are there, and how do they run? The parts share a process, or have one each.

The tests lie in ``tests/integration/deploy/processes``, ``tests/commands/test_processes.py`` and
``tests/end_to_end``.
"""
