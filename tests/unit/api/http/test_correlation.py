"""Which correlation ids and trace contexts are taken over from a client?"""

import pytest
from starlette.datastructures import Headers

from api.http.correlation import trace_from

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("sent", ["a", "Okta-1.a_b", "x" * 64])
def test_a_sane_id_is_kept(sent: str) -> None:
    assert trace_from(Headers({"x-correlation-id": sent})).correlation_id == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\n", "é", "a;b"])
def test_any_other_is_made_anew(sent: str) -> None:
    headers = Headers(raw=[(b"x-correlation-id", sent.encode("latin-1"))])
    made = trace_from(headers).correlation_id
    assert made != sent
    assert len(made) == 32


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (PARENT, PARENT),
        (PARENT.upper(), None),
        (PARENT.replace("00-", "01-", 1), None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"{PARENT}-x", None),
        ("", None),
    ],
)
def test_only_a_valid_trace_context_is_kept(sent: str, kept: str | None) -> None:
    assert trace_from(Headers({"traceparent": sent})).traceparent == kept
