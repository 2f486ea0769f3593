"""What does a proxy do to requests that are not the plainest ones? Its answers are judged. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from api.admin.examination import Finding
from deploy.doctor.findings import problem, warning
from deploy.doctor.http_calls import Answer, Silence
from deploy.doctor.senders import is_from_muster

ABOUT = "public URL"


class Way(StrEnum):
    """The requests that are tried, each by a call of its own."""

    QUERY = "query"
    PATCH = "PATCH"
    PUT = "PUT"
    DELETE = "DELETE"
    ENCODED_SLASH = "encoded slash"
    ENCODED_TWICE = "encoded twice"
    LARGE_BODY = "large body"


@dataclass(frozen=True, slots=True)
class Tried:
    """A call and what came back; ``announced`` is the length of its body in bytes."""

    answer: Answer | Silence
    announced: int = 0

    @property
    def told(self) -> str:
        """Return the outcome of the call, in words."""
        answer = self.answer
        return f"status {answer.status}" if isinstance(answer, Answer) else str(answer)


def way_verdicts(url: str, correlation_id: str, tried: Mapping[Way, Tried]) -> Iterator[Finding]:
    """Yield what is wrong on the way to Muster, which answers plain requests there."""
    for way, it in tried.items():
        passed = is_from_muster(it.answer, correlation_id)
        if way is Way.ENCODED_TWICE:
            finding = _decoded(url, it) if passed else None
        else:
            finding = None if passed else JUDGES.get(way, _method)(url, way, it)
        if finding is not None:
            yield finding


def _method(url: str, way: Way, tried: Tried) -> Finding:
    return problem(
        ABOUT,
        "method-refused",
        f"Requests with the method {way} to {url} do not reach Muster ({tried.told}).",
        "let the proxy pass GET, POST, PUT, PATCH and DELETE on",
    )


def _query(url: str, _way: Way, tried: Tried) -> Finding:
    return problem(
        ABOUT,
        "query-refused",
        f"Searches with a filter under {url} do not reach Muster ({tried.told}).",
        "let the proxy, or its firewall for applications, pass quotes in queries below /scim/v2/",
    )


def _slash(url: str, _way: Way, tried: Tried) -> Finding:
    return problem(
        ABOUT,
        "encoded-slash-refused",
        f"Paths with %2F under {url} do not reach Muster ({tried.told}).",
        "let the proxy pass %2F on (AllowEncodedSlashes NoDecode with Apache)",
    )


def _body(url: str, _way: Way, tried: Tried) -> Finding:
    size = f"{tried.announced / 1024**2:g} MiB"
    if tried.answer is Silence.LATE:
        return warning(
            ABOUT,
            "body-held-back",
            f"A proxy under {url} keeps bodies back until they are complete.",
            "let it pass them on at once (proxy_request_buffering off with nginx), or give it room"
            f" for {size} each, and time-outs of its own",
        )
    return problem(
        ABOUT,
        "body-limited",
        f"Bodies of {size}, which MUSTER_LARGEST_BODY allows, are refused under {url}"
        f" ({tried.told}).",
        f"raise the proxy's limit to {size} (client_max_body_size with nginx), or lower"
        " MUSTER_LARGEST_BODY",
    )


JUDGES: Mapping[Way, Callable[[str, Way, Tried], Finding]] = {
    Way.QUERY: _query,
    Way.ENCODED_SLASH: _slash,
    Way.LARGE_BODY: _body,
}
"""The judges of ways that are no methods."""


def _decoded(url: str, tried: Tried) -> Finding | None:
    """Return the finding about a path that begins with %252F.

    If it was decoded, Muster sees an empty name of a connection, to which it answers 404.
    """
    if isinstance(tried.answer, Answer) and tried.answer.status == HTTPStatus.UNAUTHORIZED:
        return None
    return problem(
        ABOUT,
        "path-decoded",
        f"Percent-encoded characters in paths under {url} are decoded on the way.",
        "let the proxy pass the path on as it was sent (proxy_pass without a path with nginx)",
    )
