"""What does a running server examine of its installation? Only what it can see."""

from deploy.doctor.examine import CHECKS
from deploy.doctor.within import checks_within
from deploy.settings import Settings

SERVER = "postgresql://muster@db.example.com/muster"


def looked_at(settings: Settings) -> set[str]:
    """Return the things that are looked at."""
    return {check.about for check in checks_within(settings)}


def test_a_server_looks_at_no_ports_of_which_it_holds_its_own() -> None:
    assert looked_at(Settings()) == {check.about for check in CHECKS} - {"ports"}


def test_a_server_without_a_url_of_the_broker_says_nothing_of_the_broker() -> None:
    on_servers = Settings(directory_database_url=SERVER, downstream_database_url=SERVER)
    assert "broker" not in looked_at(on_servers)
    with_broker = on_servers.model_copy(update={"broker_url": "amqp://mq.example.com"})
    assert "broker" in looked_at(with_broker)
