"""Which server do tests get? The one that was named, else a container, else this machine's own."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.servers.services import Found, GivenServiceUnusable, Service, ServiceUnavailable, find

GIVEN, CONTAINER, LOCAL = "given://", "container://", "local://"


@dataclass
class Surroundings:
    """What there is to be found, and which containers run."""

    answering: Collection[str]
    images: Collection[str] = ()
    running: list[str] = field(default_factory=list)

    def check(self, url: str) -> None:
        if url not in self.answering:
            raise ServiceUnavailable(f"nobody answers {url}")

    @contextmanager
    def start_container(self, image: str) -> Iterator[str]:
        if image not in self.images:
            raise ServiceUnavailable("no image")
        self.running.append(image)
        yield CONTAINER
        self.running.remove(image)

    def service(self, *, given_url: str | None = None) -> Service:
        return Service(
            name="Oracle",
            given_by="ORACLE_URL",
            given_url=given_url,
            image="oracle:1",
            start_container=self.start_container,
            local_url=LOCAL,
            local_habit="with care",
            check=self.check,
        )


def test_the_server_that_was_named_is_used_and_nothing_else_touched() -> None:
    around = Surroundings(answering=[GIVEN, LOCAL], images=["oracle:1"])
    with find(around.service(given_url=GIVEN), local_services=True) as found:
        assert found == Found(GIVEN, "given by ORACLE_URL")
        assert around.running == []


def test_a_named_server_that_is_of_no_use_is_an_error_and_no_reason_to_look_further() -> None:
    around = Surroundings(answering=[LOCAL], images=["oracle:1"])
    with (
        pytest.raises(GivenServiceUnusable, match="ORACLE_URL"),
        find(around.service(given_url=GIVEN), local_services=True),
    ):
        pass


def test_a_container_comes_before_the_server_of_this_machine_and_goes_in_the_end() -> None:
    around = Surroundings(answering=[LOCAL], images=["oracle:1"])
    with find(around.service(), local_services=True) as found:
        assert found == Found(CONTAINER, "oracle:1 in Docker")
        assert around.running == ["oracle:1"]
    assert around.running == []


def test_who_uses_the_server_of_this_machine_says_so_and_why() -> None:
    around = Surroundings(answering=[LOCAL])
    with find(around.service(), local_services=True) as found:
        assert found.url == LOCAL
        assert "this machine's own, with care" in found.origin
        assert "no image" in found.origin


@pytest.mark.parametrize(
    ("answering", "local_services", "reason"),
    [([LOCAL], False, "forbidden by MUSTER_TEST_LOCAL_SERVICES=0"), ([], True, "nobody answers")],
    ids=["forbidden", "silent"],
)
def test_without_any_server_every_reason_is_named(
    answering: list[str], local_services: bool, reason: str
) -> None:
    around = Surroundings(answering)
    with (
        pytest.raises(ServiceUnavailable, match=f"Docker: no image; this machine's own: {reason}"),
        find(around.service(), local_services=local_services),
    ):
        pass
