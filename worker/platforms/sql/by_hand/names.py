"""Which names may operators give? Those that people can read, and e-mails with an @ in them."""

from worker.errors import LONGEST_NAME, UnusableEmail, UnusableName


def check_name(what: str, name: str) -> None:
    """Refuse a name that is empty, endless or not printable.

    :param what: the thing that is named, with its article.
    :raises UnusableName: when people could not read it.
    """
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name.strip()):
        raise UnusableName(what)


def check_email(email: str) -> None:
    """Refuse a text that is no e-mail.

    :raises UnusableName: when people could not read it.
    :raises UnusableEmail: when it has no @ with something on both sides.
    """
    check_name("an e-mail", email)
    before, at, after = email.rpartition("@")
    if not (before and at and after) or " " in email:
        raise UnusableEmail(email)
