"""Which errors does the worker raise, beside those of an event? A tree holds them all."""

from contracts.downstream.errors import DownstreamError

LONGEST_NAME = 200


class WorkerError(DownstreamError):
    """A request of an operator cannot be met; the text is written for operators."""


class UnknownWorkspace(WorkerError):
    """Downstream has no workspace of this name."""

    code, status, field = "unknown_workspace", 404, "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"there is no workspace {workspace!r}")


class UnknownPolicy(WorkerError):
    """The workspace has no policy of this name."""

    code, status, field = "unknown_policy", 404, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {workspace!r} has no policy {policy!r}")


class UnknownEmail(WorkerError):
    """The portal has no live account with this e-mail."""

    code, status, field = "unknown_email", 404, "email"

    def __init__(self, workspace: str, portal: str, email: str) -> None:
        super().__init__(f"workspace {workspace!r} has no account {email!r} on {portal}")


class UnknownSerial(WorkerError):
    """The inventory of the workspace has no device with this serial number."""

    code, status, field = "unknown_serial", 404, "serial"

    def __init__(self, workspace: str, serial: str) -> None:
        super().__init__(f"workspace {workspace!r} has no device {serial!r}")


class RemovedSerial(UnknownSerial):
    """The device has left the inventory."""

    code, status = "removed_serial", 409

    def __init__(self, workspace: str, serial: str) -> None:
        WorkerError.__init__(
            self, f"device {serial!r} was removed from workspace {workspace!r}: add it again first"
        )


class PolicyExists(WorkerError):
    """The workspace has a policy of this name already."""

    code, status, field = "policy_exists", 409, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {workspace!r} has a policy {policy!r} already")


class PolicyInUse(WorkerError):
    """A policy cannot be removed while a device of the inventory is under it."""

    code, status, field = "policy_in_use", 409, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {workspace!r} has devices under policy {policy!r}")


class SerialExists(WorkerError):
    """The inventory of the workspace has a device with this serial number."""

    code, status, field = "serial_exists", 409, "serial"

    def __init__(self, workspace: str, serial: str) -> None:
        super().__init__(f"workspace {workspace!r} has a device {serial!r} already")


class EmailExists(WorkerError):
    """Another live account of the portal has this e-mail."""

    code, status, field = "email_exists", 409, "email"

    def __init__(self, workspace: str, portal: str, email: str) -> None:
        super().__init__(f"workspace {workspace!r} has an account {email!r} on {portal} already")


class PortalWithoutRoles(WorkerError):
    """Accounts of this portal have no roles."""

    code, field = "portal_without_roles", "portal"

    def __init__(self, portal: str) -> None:
        super().__init__(f"accounts of {portal} have no role")


class PortalWithoutProtection(WorkerError):
    """Accounts of this portal are never protected, because they have no roles."""

    code, field = "portal_without_protection", "portal"

    def __init__(self, portal: str) -> None:
        super().__init__(
            f"accounts of {portal} have no role, so that none is protected: name the dashboard"
        )


class DatabaseAway(WorkerError):
    """The database could not be reached before the worker was told to stop."""

    code, status = "database_away", 503

    def __init__(self) -> None:
        super().__init__("the downstream database cannot be reached")


class UnusableName(WorkerError):
    """A name is empty, too long or not printable, so that people could not read it."""

    code, field = "unusable_name", "name"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is 1 to {LONGEST_NAME} printable characters")


class UnusableEmail(WorkerError):
    """An e-mail has no @ with text on both sides."""

    code, field = "unusable_email", "email"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} is not an e-mail")
