"""Do processes share a server, and does it go with the last of them? Each stands on the files."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.servers.services import Found, ServiceUnavailable
from tests.servers.sharing import shared


class Surroundings:
    """A place where a server is found at each look, or where there is none."""

    def __init__(self, lack: str = "") -> None:
        self.lack = lack
        self.looks = 0
        self.running: list[str] = []

    @contextmanager
    def find(self) -> Iterator[Found]:
        self.looks += 1
        if self.lack:
            raise ServiceUnavailable(self.lack)
        url = f"server://{self.looks}"
        self.running.append(url)
        yield Found(url, "somewhere")
        self.running.remove(url)


def test_processes_share_the_server_that_the_first_has_found(tmp_path: Path) -> None:
    around = Surroundings()
    with (
        shared(tmp_path, "Oracle", around.find) as first,
        shared(tmp_path, "Oracle", around.find) as second,
    ):
        assert first == second == Found("server://1", "somewhere")
        assert around.running == ["server://1"]
    assert around.running == []


def test_the_first_process_keeps_the_server_until_the_last_has_left_it(tmp_path: Path) -> None:
    around = Surroundings()
    first, second = ExitStack(), ExitStack()
    first.enter_context(shared(tmp_path, "Oracle", around.find))
    second.enter_context(shared(tmp_path, "Oracle", around.find))
    leaving = threading.Thread(target=first.close)
    leaving.start()
    while (tmp_path / "Oracle.json").exists():
        pass
    assert around.running == ["server://1"]
    second.close()
    leaving.join()
    assert around.running == []


def test_a_process_that_comes_after_the_server_went_finds_it_anew(tmp_path: Path) -> None:
    around = Surroundings()
    with shared(tmp_path, "Oracle", around.find):
        pass
    with shared(tmp_path, "Oracle", around.find) as found:
        assert found.url == "server://2"


def test_servers_of_two_kinds_are_two_servers(tmp_path: Path) -> None:
    around = Surroundings()
    with (
        shared(tmp_path, "Oracle", around.find) as one,
        shared(tmp_path, "Sybase", around.find) as other,
    ):
        assert one != other


def test_processes_share_the_reason_why_there_is_no_server(tmp_path: Path) -> None:
    around = Surroundings(lack="no engine")
    for _ in range(2):
        with (
            pytest.raises(ServiceUnavailable, match="no engine"),
            shared(tmp_path, "Oracle", around.find),
        ):
            pass
    assert around.looks == 1
