"""What may a log say of an error of a server?"""

from contracts.secure_connections.problems import PasswordFileUnusable, told_of


def test_a_problem_of_a_secured_connection_is_told_in_its_own_words() -> None:
    problem = PasswordFileUnusable("no password at /run/secrets/directory: the file is empty")
    around = RuntimeError("ada@acme.test")
    around.__cause__ = problem
    assert told_of(around) == told_of(problem) == str(problem)


def test_of_any_other_error_the_type_alone_is_told() -> None:
    assert told_of(ConnectionRefusedError("ada@acme.test")) == "ConnectionRefusedError"
