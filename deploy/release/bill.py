"""What is Muster made of? ``make sbom`` writes a bill of materials, in the form of CycloneDX.

Its packages, versions and hashes are those of the lock, and its licences those that the installed
packages tell; no network is asked.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from deploy.release.licences import licences_of
from deploy.release.lock import ITSELF, PATH, TO_BUILD, Locked, locked
from deploy.release.places import PROJECT

ROOT = Path(__file__).parents[2]


def bill_of(root: Path) -> Bom:
    """Return the bill of the folder of a repository."""
    text = (root / PATH).read_text()
    muster = _muster(PROJECT.version_in((root / PROJECT.path).read_text()))
    packages = list(locked(text))
    components = {package.name: _component(package) for package in packages}
    bom = Bom(components=components.values(), serial_number=uuid5(NAMESPACE_URL, text))
    bom.metadata.component = muster
    for wanting, component in ((ITSELF, muster), *components.items()):
        bom.register_dependency(component, _wanted_by(wanting, packages, components))
    return bom


def as_json(bom: Bom) -> str:
    """Return the text of a bill."""
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)


def _muster(version: str) -> Component:
    return Component(
        name=ITSELF,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=ITSELF,
        licenses=licences_of(ITSELF),
        purl=PackageURL("pypi", name=ITSELF, version=version),
    )


def _component(package: Locked) -> Component:
    only_builds = package.wanted_by == (TO_BUILD,)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{package.name}=={package.version}",
        scope=ComponentScope.EXCLUDED if only_builds else ComponentScope.REQUIRED,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=it) for it in package.hashes],
        licenses=licences_of(package.name),
        purl=PackageURL("pypi", name=package.name, version=package.version),
    )


def _wanted_by(
    name: str, packages: Sequence[Locked], components: dict[str, Component]
) -> Iterator[Component]:
    for package in packages:
        if name in package.wanted_by:
            yield components[package.name]


if __name__ == "__main__":
    bom = bill_of(ROOT)
    itself = bom.metadata.component
    assert itself
    path = ROOT / "build" / f"{itself.name}-{itself.version}.cdx.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_json(bom) + "\n", encoding="utf-8")
    print(f"{len(bom.components)} packages are in {path.relative_to(ROOT)}.")  # noqa: T201
    if unknown := sorted(it.name for it in bom.components if not it.licenses):
        told = f"Not installed here, so that no licence is known: {', '.join(unknown)}."
        print(told, file=sys.stderr)  # noqa: T201
