"""Which errors does the worker raise, beside those of an event? A tree holds them all."""

from contracts.downstream.errors import DownstreamError
from contracts.quotations import quoted_name, quoted_word

LONGEST_NAME = 200


class WorkerError(DownstreamError):
    """A request that downstream cannot meet; the text is for administrators and operators."""


class UnknownWorkspace(WorkerError):
    """Downstream has no workspace of this name."""

    code, status, field = "unknown_workspace", 404, "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"there is no workspace {quoted_name(workspace)}")


class WorkspaceExists(WorkerError):
    """A workspace has come to be whose name is the same but for the case of letters, or blanks."""

    code, status, field = "workspace_exists", 409, "workspace"

    def __init__(self, workspace: str, existing: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} is named {quoted_name(existing)}, as it was just"
            " made: try again"
        )


class UnknownPolicy(WorkerError):
    """The workspace has no policy of this name."""

    code, status, field = "unknown_policy", 404, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {quoted_name(workspace)} has no policy {quoted_name(policy)}")


class UnknownEmail(WorkerError):
    """The portal has no live account with this e-mail, which the text never quotes."""

    code, status, field = "unknown_email", 404, "email"

    def __init__(self, workspace: str, portal: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has no account with this e-mail on {portal}"
        )


class UnknownAccount(WorkerError):
    """The workspace has no account with this id. The text does not quote it: it may be a name."""

    code, status, field = "unknown_account", 404, "account"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"workspace {quoted_name(workspace)} has no account with this id")


class UnknownDevice(WorkerError):
    """The workspace has no device with this id. The text does not quote it: it may be a name."""

    code, status, field = "unknown_device", 404, "device"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"workspace {quoted_name(workspace)} has no device with this id")


class UnknownSerial(WorkerError):
    """The inventory has no device with this serial number, which the text never quotes."""

    code, status, field = "unknown_serial", 404, "serial"

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has no device with this serial number"
        )


class RemovedSerial(UnknownSerial):
    """The device has left the inventory."""

    code, status = "removed_serial", 409

    def __init__(self, workspace: str) -> None:
        WorkerError.__init__(
            self,
            f"the device was removed from workspace {quoted_name(workspace)}: add it again first",
        )


class UnknownConflict(WorkerError):
    """The identity waits for no address. The text does not quote its id: it may be a name."""

    code, status, field = "unknown_conflict", 404, "identity"

    def __init__(self, connection: str) -> None:
        super().__init__(
            f"no person with this id waits for an address on connection {quoted_word(connection)}"
        )


class ConflictChanged(WorkerError):
    """Another account is in the way by now, or another identity holds it."""

    code, status = "conflict_changed", 409

    def __init__(self) -> None:
        super().__init__("the conflict has changed meanwhile: look at it again")


class ClaimantLeft(WorkerError):
    """The person who waits for the address has left, and so gets none."""

    code, status = "claimant_left", 409

    def __init__(self) -> None:
        super().__init__("the person who waits for the address has left")


class NothingToRelease(WorkerError):
    """The person who waits has an account already, so that a second one is not handed over."""

    code, status = "nothing_to_release", 409

    def __init__(self) -> None:
        super().__init__(
            "the person who waits has an account, and needs the address alone: move it instead"
        )


class StillInConflict(WorkerError):
    """Freeing the address would not give it to the person who waits."""

    code, status = "still_in_conflict", 409

    def __init__(self, reasons: str) -> None:
        super().__init__(f"the person who waits would still be refused ({reasons})")


class PolicyExists(WorkerError):
    """The workspace has a policy of this name already."""

    code, status, field = "policy_exists", 409, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has a policy {quoted_name(policy)} already"
        )


class PolicyInUse(WorkerError):
    """A policy cannot be removed while a device of the inventory is under it."""

    code, status, field = "policy_in_use", 409, "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has devices under policy {quoted_name(policy)}"
        )


class SerialExists(WorkerError):
    """The inventory has a device with this serial number, which the text never quotes."""

    code, status, field = "serial_exists", 409, "serial"

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has a device with this serial number already"
        )


class EmailExists(WorkerError):
    """Another live account of the portal has this e-mail, which the text never quotes."""

    code, status, field = "email_exists", 409, "email"

    def __init__(self, workspace: str, portal: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} has an account with this e-mail on {portal}"
            " already"
        )


class PortalWithoutRoles(WorkerError):
    """Accounts of this portal have no roles."""

    code, field = "portal_without_roles", "role"

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

    code = "unusable_name"

    def __init__(self, what: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(f"{what} is 1 to {LONGEST_NAME} printable characters")


class UnusableEmail(WorkerError):
    """An e-mail has a blank, or no @ with text on both sides. The text never quotes it."""

    code, field = "unusable_email", "email"

    def __init__(self) -> None:
        super().__init__("an e-mail has a text before and after its @, and no blank")
