"""Which errors have secured connections? Each says in one line of its own how to mend it.

They are errors of the system, as those of the network are: a later attempt may succeed.
"""

from collections.abc import Iterator


class ConnectionProblem(OSError):
    """A secured connection has not come about. The text may name files, hosts and dates."""


class TlsFileUnusable(ConnectionProblem):
    """A certificate or a key cannot be read, or does not belong to the other."""


class PasswordFileUnusable(ConnectionProblem):
    """The file of a password cannot be read, or holds none."""


class CertificateRefused(ConnectionProblem):
    """The certificate of a server does not prove that it is the one that is meant."""


class ServerWithoutTls(ConnectionProblem):
    """The server does not speak TLS where the URL insists on it."""


class ClientRefused(ConnectionProblem):
    """The server wants a certificate of the client, or refuses the one that it got."""


def errors_behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those that it came from. Libraries may link them in a ring."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        yield behind
        behind = behind.__cause__ or behind.__context__


def explained_in(error: BaseException) -> ConnectionProblem | None:
    """Return the problem of a secured connection that has caused an error; None without one."""
    return next((it for it in errors_behind(error) if isinstance(it, ConnectionProblem)), None)


def told_of(error: BaseException) -> str:
    """Return the text of an error for a log: how to mend such a problem behind it, else its type.

    Of any other error the text may quote personal data, or a secret.
    """
    return str(explained_in(error) or type(error).__name__)
