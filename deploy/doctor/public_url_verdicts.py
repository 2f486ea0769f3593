"""Does the way to Muster pass on what providers send? Answers on that way are judged. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from api.admin.examination import Finding
from deploy.doctor.clock_verdicts import clock_verdict
from deploy.doctor.findings import fine, problem, warning
from deploy.doctor.http_calls import Answer, Silence
from deploy.doctor.senders import is_from_muster, refuses_a_token
from deploy.doctor.settings_verdicts import is_loopback
from deploy.doctor.way_verdicts import Tried, Way, way_verdicts

ABOUT = "public URL"

CERTIFICATE_SECONDS = 14 * 86_400
"""Certificates that renew themselves do so a month before their end; two weeks are for people."""


@dataclass(frozen=True, slots=True)
class PublicUrlSeen:
    """The answer to the first call, which has a token that opens nothing.

    :param clock: the time of the call, in seconds since the epoch.
    """

    url: str
    correlation_id: str
    first: Answer | Silence
    clock: float

    @property
    def is_reached(self) -> bool:
        """Return whether Muster has answered, and as it answers to a wrong token."""
        return is_from_muster(self.first, self.correlation_id) and self._status == 401  # noqa: PLR2004

    @property
    def is_muster(self) -> bool:
        """Return whether Muster has answered at all."""
        return is_from_muster(self.first, self.correlation_id)

    @property
    def _status(self) -> int:
        return self.first.status if isinstance(self.first, Answer) else 0


def public_url_verdicts(seen: PublicUrlSeen, further: Mapping[Way, Tried]) -> Sequence[Finding]:
    """Return the findings about a public URL.

    :param further: the answers to further calls, once Muster was reached.
    """
    first = seen.first
    if isinstance(first, Silence):
        return [_silence(seen, first)]
    certificate = [*_certificate(seen, first)]
    if not seen.is_reached:
        return [_of_another(seen, first), *certificate]
    wrong = [*_authorization(seen, first), *way_verdicts(seen.url, seen.correlation_id, further)]
    reached = [] if wrong else [fine(ABOUT, f"Requests to {seen.url} reach Muster unchanged.")]
    return [*reached, *wrong, *certificate, *_clock(seen, first)]


def _silence(seen: PublicUrlSeen, reason: Silence) -> Finding:
    url = urlsplit(seen.url)
    says = f"Nothing can be called under {seen.url}: {reason}."
    code = reason.name.lower().replace("_", "-")
    if reason is Silence.REFUSED and is_loopback(url.hostname or ""):
        return warning(ABOUT, "not-running", says, "muster run (or muster api) serves there")
    advice = {
        Silence.NO_HOST: "set MUSTER_PUBLIC_URL to a host that is in DNS",
        Silence.NO_TLS: "let the proxy serve TLS there, or set MUSTER_PUBLIC_URL to its real port",
        Silence.NOT_HTTP: "set MUSTER_PUBLIC_URL to the port of the proxy, or of the api",
        Silence.CERTIFICATE_EXPIRED: "renew the certificate: providers refuse it",
        Silence.CERTIFICATE_OF_OTHERS: f"get a certificate for {url.hostname}",
        Silence.CERTIFICATE_UNTRUSTED: "get a certificate of a public authority, with its chain",
    }.get(reason, "start the proxy and the api, and let the firewall pass providers")
    return problem(ABOUT, code, says, advice)


def _of_another(seen: PublicUrlSeen, answer: Answer) -> Finding:
    """Return the finding about an answer that Muster does not give to that call."""
    status = answer.status
    if 300 <= status < 400:  # noqa: PLR2004 - redirections
        return _redirected(seen, answer)
    if seen.is_muster and status == HTTPStatus.NOT_FOUND:
        return problem(
            ABOUT,
            "path-changed",
            f"Requests to {seen.url} reach Muster with another path: the proxy takes a part of it"
            " away, or adds one.",
            "let the proxy pass paths on unchanged, or set MUSTER_PUBLIC_URL with that part",
        )
    if seen.is_muster:
        return problem(
            ABOUT,
            "muster-fails",
            f"Muster answers under {seen.url} with status {status}.",
            "see the log of the api, and the findings about the directory",
        )
    if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, 504}:
        return problem(
            ABOUT,
            "proxy-without-muster",
            f"A proxy answers under {seen.url} with status {status}: it does not reach the api.",
            "start the api, and let the proxy lead to MUSTER_HOST and MUSTER_PORT",
        )
    if "basic" in answer.headers.get("www-authenticate", "").lower():
        return problem(
            ABOUT,
            "proxy-asks-for-login",
            f"A proxy asks for a login of its own under {seen.url}.",
            "let the proxy ask for no login below /scim/v2/: Muster checks the tokens",
        )
    if "html" in answer.headers.get("content-type", "") or b"<html" in answer.body[:1000].lower():
        return problem(
            ABOUT,
            "page-for-people",
            f"A page for people answers under {seen.url}, with status {status}, and not Muster.",
            "let the proxy lead /scim/v2/ to the api, without a login or a page for errors",
        )
    return problem(
        ABOUT,
        "another-service",
        f"Another service than Muster answers under {seen.url}, with status {status}.",
        "set MUSTER_PUBLIC_URL to the URL of the api, or let the proxy lead to it",
    )


def _redirected(seen: PublicUrlSeen, answer: Answer) -> Finding:
    to = urlsplit(answer.headers.get("location", ""))
    place = f"{to.scheme}://{to.netloc}" if to.netloc else "another path"
    to_https = to.scheme == "https" and urlsplit(seen.url).scheme == "http"
    return problem(
        ABOUT,
        "redirected-to-https" if to_https else "redirected",
        f"Requests to {seen.url} are redirected to {place}: providers do not follow, or leave"
        " the token behind.",
        f"set MUSTER_PUBLIC_URL to {place}" if to_https else "let the proxy answer there itself",
    )


def _authorization(seen: PublicUrlSeen, answer: Answer) -> Iterator[Finding]:
    if not refuses_a_token(answer):
        yield problem(
            ABOUT,
            "authorization-lost",
            f"Requests to {seen.url} reach Muster without their header Authorization.",
            "let the proxy pass the header Authorization on",
        )


def _certificate(seen: PublicUrlSeen, answer: Answer) -> Iterator[Finding]:
    if answer.certificate_ends is None:
        return
    left = answer.certificate_ends - seen.clock
    if left < CERTIFICATE_SECONDS:
        yield warning(
            ABOUT,
            "certificate-expires",
            f"The certificate of {seen.url} expires in {left / 86_400:.0f} days.",
            "renew it, and see why that does not happen by itself",
        )


def _clock(seen: PublicUrlSeen, answer: Answer) -> Iterator[Finding]:
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    middle = 0.5  # the header has whole seconds
    yield clock_verdict(seen.url, there.timestamp() + middle - seen.clock)
