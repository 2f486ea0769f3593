"""On which databases does a test run? On both, unless its folder or the test itself says otherwise.

A folder that runs on SQLite alone gives the fixtures of the databases with ``ON_SQLITE``. A test
there that is about what a database decides has one of the marks.
"""

import pytest

BOTH_DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
ON_SQLITE = ("sqlite",)

on_both_databases = pytest.mark.parametrize("shared_database_url", BOTH_DATABASES, indirect=True)
"""Marks a test whose databases belong to its module, or are lent."""

on_new_databases_of_both = pytest.mark.parametrize(
    "new_database_url", BOTH_DATABASES, indirect=True
)
"""Marks a test that has databases of its own."""

on_sqlite = pytest.mark.parametrize("shared_database_url", ON_SQLITE, indirect=True)
"""Marks a test of what is decided before a database makes any difference."""
