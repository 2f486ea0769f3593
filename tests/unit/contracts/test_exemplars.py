"""Which traces are shown beside measured times?"""

import pytest

from contracts.exemplars import exemplar_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("flags", ["01", "03", "ff"])
def test_a_sampled_trace_is_named(flags: str) -> None:
    assert exemplar_of(f"00-{TRACE}-{SPAN}-{flags}") == {"trace_id": TRACE}


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-02",
        f"01-{TRACE}-{SPAN}-01",
        "x" * 999,
    ],
    ids=["none", "empty", "not sampled", "no bit of it", "another version", "no trace"],
)
def test_what_leads_to_no_trace_is_not(traceparent: str | None) -> None:
    assert exemplar_of(traceparent) is None
