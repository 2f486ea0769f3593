"""How are databases opened, watched and migrated? A module for each answers, in two dialects.

The tests lie in ``tests/integration/deploy/databases`` and ``tests/migrations``.
"""
