"""What can go wrong on the api's side, other than in the SCIM protocol? One tree, one line each."""


class ApiError(Exception):
    """A request of an administrator or an operator that cannot be met; its text is for them."""


class UnknownConnection(ApiError):
    """No connection has this id."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"there is no connection {connection_id!r}")


class UnknownIdentity(ApiError):
    """The connection has no identity with this id."""

    def __init__(self, connection_id: str, identity_id: str) -> None:
        super().__init__(f"connection {connection_id!r} has no identity {identity_id!r}")


class UnusableWorkspaceName(ApiError):
    """No connection id can be derived from the name."""

    def __init__(self, workspace: str) -> None:
        super().__init__(f"workspace {workspace!r} gives no id: it needs 1 to 50 letters or digits")


class RulesOfAnotherPortal(ApiError):
    """The rules do not fit the portal of the connection, which never changes."""

    def __init__(self, connection_id: str, portal: str, other: str) -> None:
        super().__init__(
            f"connection {connection_id!r} is one of {portal}, the rules are of {other}"
        )
