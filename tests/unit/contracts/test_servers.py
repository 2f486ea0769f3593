"""Which servers does a URL name? Those that people paste, one or several."""

import pytest

from contracts.servers import Server, servers_in


@pytest.mark.parametrize(
    ("url", "servers", "plain"),
    [
        ("amqp://broker/", [("broker", 5672)], "amqp://broker/"),
        ("amqps://u:p@broker", [("broker", 5671)], "amqps://u:p@broker"),
        ("amqp://a,b:5673/v", [("a", 5672), ("b", 5673)], "amqp://a/v"),
        ("postgresql://u:p@a:6432,b/x", [("a", 6432), ("b", 5432)], "postgresql://u:p@a:6432/x"),
        ("postgres://[::1]:1,[::2]/x?a=b,c", [("::1", 1), ("::2", 5432)],
         "postgres://[::1]:1/x?a=b,c"),
        ("postgresql+asyncpg://db/x", [("db", 5432)], "postgresql+asyncpg://db/x"),
        ("postgresql://u:p/a,s?s#@db/x", [("db", 5432)], "postgresql://u:p/a,s?s#@db/x"),
        ("postgresql://a,b/d?x=y@z", [("a", 5432), ("b", 5432)], "postgresql://a/d?x=y@z"),
        ("postgresql:///x", [], "postgresql:///x"),
        ("postgresql://u@/x", [], "postgresql://u@/x"),
        ("", [], ""),
    ],
)  # fmt: skip
def test_servers_and_the_plain_url(url: str, servers: list[tuple[str, int]], plain: str) -> None:
    assert servers_in(url) == ([Server(*it) for it in servers], plain)


@pytest.mark.parametrize(
    "hosts", ["a,", ",a", "a,,b", "a:x", "a:1:2", "a:65536", "a b", "::1", "[::1", "a,[x]"]
)
def test_what_is_no_list_of_servers_is_refused(hosts: str) -> None:
    with pytest.raises(ValueError, match="servers"):
        servers_in(f"amqp://u:p@{hosts}/v")
