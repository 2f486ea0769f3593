"""Which names may be given by hand? A name has to be readable, and an e-mail to have an @."""

from worker.errors import LONGEST_NAME, UnusableEmail, UnusableName


def check_name(what: str, name: str, field: str) -> None:
    """Refuse a name that is empty, too long or not printable.

    :param what: the noun for the named object, with its article.
    :param field: the name of the value for programs.
    :raises UnusableName: when the name is refused.
    """
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name.strip()):
        raise UnusableName(what, field)


def check_email(email: str) -> None:
    """Refuse a text that is no e-mail.

    :raises UnusableName: when the text is empty, too long or not printable.
    :raises UnusableEmail: when the text has a space, or no @ with text on both sides.
    """
    check_name("an e-mail", email, "email")
    before, at, after = email.rpartition("@")
    if not (before and at and after) or " " in email:
        raise UnusableEmail
