"""Under which licence is a package? Its metadata tell, in one of three ways of different age."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.license import DisjunctiveLicense, License

CALLED = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""The SPDX identifiers of what metadata call otherwise. The classifier ``BSD License`` has none: it
may be any of several."""

_PREFIX = "License :: OSI Approved :: "


def licences_of(name: str) -> list[License]:
    """Return the licences of a package that is installed here; none of a package that is not."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return []
    make = LicenseFactory()
    for expression in told.get_all("License-Expression") or ():
        return [make.make_from_string(expression)]
    for text in told.get_all("License") or ():
        called = text.strip()
        if known := _identified(make, CALLED.get(called, called)):
            return [known]
    return list(_classified(make, told.get_all("Classifier") or ()))


def _identified(make: LicenseFactory, text: str) -> License | None:
    made = make.make_from_string(text)
    return None if isinstance(made, DisjunctiveLicense) and made.id is None else made


def _classified(make: LicenseFactory, classifiers: Iterable[str]) -> Iterable[License]:
    for classifier in classifiers:
        if classifier.startswith(_PREFIX):
            called = classifier.removeprefix(_PREFIX)
            yield make.make_from_string(CALLED.get(called, called))
