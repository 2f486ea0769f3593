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


@pytest.fixture(scope="session")
def full(helm: Helm) -> list[Document]:
    """Return the documents with every option."""
    return helm.render(EVERY_OPTION)


@pytest.fixture(scope="session", params=["default", "full"], ids=["default", "every option"])
def documents(request: pytest.FixtureRequest) -> list[Document]:
    """Return the documents without any option, and with all."""
    documents: list[Document] = request.getfixturevalue(request.param)
    return documents
