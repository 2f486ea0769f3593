"""What is noted of an answered request? The book notes a row of the log and a use of the token."""

from dataclasses import dataclass

from api.requests.answered import Answered
from api.requests.client_address import TrustedProxies
from api.requests.log import RequestLog
from api.requests.token_uses import TokenUses


@dataclass(frozen=True, slots=True)
class RequestBook:
    """The notes that a process takes of requests, to be written in the background."""

    log: RequestLog
    uses: TokenUses
    proxies: TrustedProxies

    def note(self, answered: Answered) -> None:
        """Note a request, and the use of its token if that is valid."""
        address = self.proxies.address_of(answered.client, answered.forwarded)
        if answered.token is not None:
            self.uses.note(answered.token, address)
        self.log.note(answered, address)
