"""Who imports what? The part that import-linter has no words for; the rest is in pyproject.toml."""

import sys

from tests.architecture.source_files import PACKAGES, imported_packages, python_files

BROKER_CLIENTS = {"aio_pika", "aiormq", "pamqp"}


def test_the_broker_is_known_only_to_files_and_folders_named_after_it() -> None:
    offenders = [
        str(file)
        for file in python_files(*PACKAGES)
        if BROKER_CLIENTS.intersection(imported_packages(file))
        and not any(part.startswith("rabbitmq") for part in file.parts)
    ]
    assert offenders == []


def test_contracts_need_nothing_but_pydantic_and_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"contracts", "pydantic", "pydantic_core"}
    imported = {name for file in python_files("contracts") for name in imported_packages(file)}
    assert imported - allowed == set()


def test_use_cases_of_administrators_know_nothing_of_http() -> None:
    offenders = [
        str(file)
        for file in python_files("api/admin")
        if {"fastapi", "starlette"}.intersection(imported_packages(file))
        and "http" not in file.parts
    ]
    assert offenders == []
