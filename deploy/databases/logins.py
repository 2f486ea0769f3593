"""By what does a new session enter? It takes the TLS and the password of its URL as they are."""

from typing import Any

from sqlalchemy import URL

from contracts.secure_connections.passwords import password_in
from contracts.secure_connections.tls import TlsContexts
from deploy.database_urls import MODE, tls_of


class Login:
    """The TLS and the password that a URL names. Files are read anew when they have changed."""

    def __init__(self, url: URL) -> None:
        tls = tls_of(url)
        self._mode = url.query.get(MODE)
        self._contexts = TlsContexts(tls) if tls else None
        self._parameters = {name: str(value) for name, value in url.query.items()}

    def parameters(self) -> dict[str, Any]:
        """Return parameters of ``asyncpg.connect`` for a session that is opened now.

        :raises ConnectionProblem: when a file that the URL names cannot be used.
        """
        password = password_in(self._parameters)
        return {
            "ssl": self._contexts.current() if self._contexts else self._mode,
            **({} if password is None else {"password": password}),
        }
