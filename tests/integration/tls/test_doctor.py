"""Does ``muster doctor`` say how a connection is secured, and why another one is not there?"""

from pathlib import Path

import pytest

from api.admin.examination import Finding
from contracts.topology import Topology
from deploy.doctor.databases import look_at_directory
from deploy.doctor.rabbitmq import look_at_broker
from deploy.settings import read_settings
from tests.integration.tls.conftest import Authorities
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.secured_postgres import SecuredPostgres
from tests.servers.secured_rabbitmq import SecuredRabbitmq


async def findings_about_database(url: str) -> list[Finding]:
    return [*await look_at_directory(read_settings(directory_database_url=url))]


async def findings_about_broker(url: str, topology: Topology) -> list[Finding]:
    settings = read_settings(broker_url=url, broker_prefix=topology.prefix)
    return [*await look_at_broker(settings)]


@pytest.mark.postgres
async def test_a_database_that_proves_its_name_is_told_as_such(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    answers, *_ = await findings_about_database(
        postgres.url(sslmode="verify-full", sslrootcert=trusted)
    )
    assert answers.says.endswith("answers, over TLS that proves its name.")
    other = authorities.other.trusted
    [refused] = await findings_about_database(postgres.url(sslmode="verify-ca", sslrootcert=other))
    assert refused.code == "certificate-refused"
    assert "MUSTER_DIRECTORY_DATABASE_URL does not come about: no trusted authority" in refused.says


@pytest.mark.rabbitmq
async def test_a_broker_that_proves_its_name_is_told_as_such(
    rabbitmq: SecuredRabbitmq, authorities: Authorities, trusted: Path
) -> None:
    client = authorities.client
    shown = {"certfile": client.certificate, "keyfile": client.key}
    with RabbitmqServer(rabbitmq.plain_url).fresh_topology() as topology:
        answers, *_ = await findings_about_broker(rabbitmq.url(cafile=trusted, **shown), topology)
        assert answers.says.startswith("The broker answers, over TLS that proves its name")
        gone = trusted.with_name("gone.pem")
        [missing] = await findings_about_broker(rabbitmq.url(cafile=gone, **shown), topology)
        assert missing.code == "tls-file-unusable"
        assert str(gone) in missing.says
