"""What is noted when a request has been answered? Its line in the log, and the use of its token."""

from dataclasses import dataclass

from api.requests.answered import Answered
from api.requests.client_address import TrustedProxies
from api.requests.log import RequestLog
from api.requests.token_uses import TokenUses


@dataclass(frozen=True, slots=True)
class RequestBook:
    """What a process notes of requests, to be written in the background."""

    log: RequestLog
    uses: TokenUses
    proxies: TrustedProxies

    def note(self, answered: Answered) -> None:
        """Note a request."""
        address = self.proxies.address_of(answered.client, answered.forwarded)
        if answered.token is not None:
            self.uses.note(answered.token, address)
        self.log.note(answered, address)
