"""What do tests of the chart share? Helm, and what it makes of the chart."""

import pytest

from tests.unit.deploy.helm.chart import EVERY_OPTION, Document, Helm, find_helm


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return find_helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def default(helm: Helm) -> list[Document]:
    """Return the documents without any value of ours."""
    return helm.render()


@pytest.fixture(scope="session", params=[{}, EVERY_OPTION], ids=["default", "every option"])
def documents(helm: Helm, request: pytest.FixtureRequest) -> list[Document]:
    """Return the documents without any option, and with all."""
    return helm.render(request.param)
