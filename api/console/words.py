"""In which words are states, reasons and actions shown? Each has a plain word and a tone. Pure."""

TONES = {
    "live": "good",
    "applied": "good",
    "active": "good",
    "paused": "warn",
    "observing": "info",
    "closing": "warn",
    "off": "quiet",
    "pending": "info",
    "held": "warn",
    "refused": "bad",
    "failed": "bad",
    "inactive": "quiet",
    "deleted": "quiet",
    "revoked": "quiet",
    "expired": "bad",
    "used": "quiet",
    "open": "good",
    "create": "good",
    "restore": "good",
    "adopt": "info",
    "change": "info",
    "change-device-policy": "info",
    "yield": "warn",
    "release-device": "warn",
    "hold": "warn",
    "refuse": "bad",
    "remove": "bad",
    "remove-device": "bad",
}
"""The tones of words. Others are quiet."""

LABELS = {
    "dashboard": "Dashboard",
    "store": "Enterprise Store",
    "mdm": "MDM Portal",
    "admin": "Admin",
    "editor": "Editor",
    "viewer": "Viewer",
    "create": "Create account",
    "adopt": "Adopt account",
    "change": "Change account",
    "restore": "Restore account",
    "remove": "Remove account",
    "unlink": "Unlink account",
    "yield": "Give up address",
    "release-device": "Unassign device",
    "change-device-policy": "Change device policy",
    "remove-device": "Remove device",
    "refuse": "Refused",
    "hold": "Held by the brake",
    "email": "E-mail",
    "own_role": "Role without mapping",
    "admin-role": "Admin role",
    "device": "Devices",
    "provide_account": "Create or link account",
    "change_email": "Change e-mail",
    "change_role": "Change role",
}
"""Names of the product for its own words. Others are shown with blanks and a capital letter."""

REASONS = {
    "conflict": "Address belongs to another account",
    "last_admin": "Last Admin of the workspace",
    "unknown_policy": "Policy is missing",
    "no_email": "No e-mail address",
    "protected": "Account is protected",
    "left": "Left, but shown as active",
    "brake": "Held by the brake",
    "paused": "Connection is paused",
    "observing": "Connection is observing",
    "closing": "Connection is being deleted",
    "waived": "Stays: the loss was rejected",
    "ahead": "Older than what was applied",
    "exhausted": "Every attempt failed",
    "permanent": "Cannot succeed as it is",
    "unpublishable": "Too large to be sent",
}
"""Reasons of sync states in few words, for lists."""

TOLD = {
    "pending": (
        "The newest change has arrived and is on its way. Nothing is to be done, unless it stays"
        " so for more than a few minutes."
    ),
    "held": "The newest change waits until an administrator decides.",
    "refused": (
        "The change was applied but for one action, which is taken by itself as soon as nothing"
        " stands in its way any more."
    ),
    "failed": (
        "The newest change could not be carried out, and is not tried again by itself. Until it is"
        " retried, account and devices stay as they were before."
    ),
    "applied": "Everything that the provider has sent has been carried out.",
    "conflict": (
        "Another account of this portal has the same e-mail address, so that this person cannot"
        " have it. Change the address of one of the two at the provider, or remove the user that is"
        " not needed there; the rest follows by itself. Where the provider cannot, resolve the"
        " conflict in Muster: hand the account over if both are the same person, or give the other"
        " account another address."
    ),
    "last_admin": (
        "This is the last Admin of the workspace, without whom nobody could manage it: the person"
        " stays Admin. Make somebody else an Admin first, by a group that is mapped to the role or"
        " by hand; the rest follows by itself."
    ),
    "unknown_policy": (
        "The rules put the devices of people who leave under a policy that the workspace does not"
        " have. Add the policy, or let the rules name another one."
    ),
    "no_email": (
        "The provider sends no e-mail address for this person, and no user name that is one."
        " Without an address there is no account. Map an e-mail address to this user at the"
        " provider."
    ),
    "protected": (
        "The account was made by hand or by another connection, and has a higher role than the"
        " rules of this connection can give. It keeps its address and role, so that nobody takes it"
        " over unnoticed. If the provider may decide on it, let the rules give that role, or let an"
        " operator release the account; if not, undo the change at the provider."
    ),
    "left": (
        "This person has left and lost access, but the record of it was lost here, as after a"
        " backup was restored, so that the person looks active. Ask the provider: if the person is"
        " gone there, lock them here; if not, change something of the user at the provider, or let"
        " an operator bring the person back. Until then, most changes wait."
    ),
    "brake": (
        "More people were about to lose access within an hour than the connection allows, which may"
        " be a mistake at the provider. Nothing has been taken from this person yet. It waits"
        " until an owner of the workspace approves or rejects it."
    ),
    "paused": (
        "The connection is paused: changes from the provider are kept, and nothing is carried out."
        " Resume the connection once changes may come through again."
    ),
    "observing": (
        "The connection only observes: changes from the provider are kept, and nothing is carried"
        " out. Look at what would happen, and let the connection go live."
    ),
    "closing": (
        "The connection is being deleted. It ends once the last state of each of its people has"
        " been carried out."
    ),
    "off": (
        "SCIM is switched off for this connection: the provider is refused until it is switched on"
        " again."
    ),
    "waived": (
        "The provider has taken something away from this person, the brake held it, and an"
        " administrator rejected it: the person keeps account or role. This lasts until the"
        " provider changes the person again. If the person should leave after all, lock them."
    ),
    "ahead": (
        "A newer change than the one known here has been applied, as after a backup was restored."
        " Send the person again to apply what the provider has sent last."
    ),
    "exhausted": (
        "The change was tried again and again for some minutes, and failed each time, as while a"
        " database is away. Retry it once the trouble is over."
    ),
    "permanent": (
        "The change failed in a way that no repetition mends; most likely it is a defect of Muster."
        " Report the message to your operator, and retry after an update."
    ),
    "unpublishable": (
        "The change is too large to be sent on, mostly because the person is in thousands of"
        " groups. Let the provider push fewer groups or shorter names to this connection, or let an"
        " operator raise the limit; then retry. If the person has left, remove the account by hand"
        " meanwhile."
    ),
    "rule": "The rule for new users says so.",
    "address": "Two people have the same e-mail, or an account has it already.",
    "attributes": "The provider has other values of the person.",
    "deactivation": "The provider has deactivated the person.",
    "deletion": "The provider has deleted the person.",
    "admin-role": "The collaborator is an Admin no more.",
}
"""Sentences that tell what a state or a reason means, and what to do about it, for people who have
not read the guide. A test holds them to be complete."""


def tone(word: str) -> str:
    """Return the tone of a word: good, warn, bad, info or quiet."""
    return TONES.get(str(word), "quiet")


def label(word: str) -> str:
    """Return a word of the program as people read it."""
    text = str(word)
    return LABELS.get(text) or text.replace("-", " ").replace("_", " ").capitalize()


def reason(word: str) -> str:
    """Return the reasons of a state in few words. Refusals may have several, between commas."""
    return "; ".join(REASONS.get(each) or label(each) for each in _each(word))


MAPPING = "mapping: "
"""How reasons begin that name a line of the mapping."""


def told(word: str) -> str:
    """Return the meaning of a state or of reasons, in sentences; a label, where there are none."""
    if str(word).startswith(MAPPING):
        return f"“{str(word).removeprefix(MAPPING)}” is mapped to the role."
    return " ".join(TOLD.get(each) or f"{label(each)}." for each in _each(word))


def _each(word: str) -> list[str]:
    return str(word).split(", ")


def shortened(text: object, most: int) -> str:
    """Return a text, cut off with an ellipsis after a number of characters."""
    whole = str(text)
    return whole if len(whole) <= most else f"{whole[:most]}…"


def people(number: int) -> str:
    """Return a number of people."""
    return f"{number:,} {'person' if number == 1 else 'people'}"


def percent(number: int) -> str:
    """Return a share, whose sign stays in the same line."""
    return f"{number}\N{NO-BREAK SPACE}%"
