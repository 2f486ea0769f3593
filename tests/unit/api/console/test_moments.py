"""Is every time told, however late it is?"""

import pytest

from api.console.moments import exact, machine_readable
from contracts.clock import LAST, microseconds_of


@pytest.mark.parametrize("later", [0, 1, 10**18])
def test_the_last_moment_is_told(later: int) -> None:
    micros = microseconds_of(LAST) + later
    assert exact(micros) == "9999-12-31 23:59:59 UTC"
    assert machine_readable(micros) == "9999-12-31T23:59:59Z"
