"""Does a process allow itself the files that its connections take, and no more connections?"""

import subprocess
import sys

import pytest

ASK = """
import resource, sys
from deploy.http.open_files import room_for
limit, most, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
print(room_for(connections), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("limit", "most", "room", "limit_afterwards"),
    [
        (1024, 4096, 500, 1256),
        (4096, 4096, 500, 4096),
        (512, 1024, 384, 1024),
        (100, 100, 1, 100),
    ],
    ids=["can be raised", "suffices", "can be raised a little", "is hopeless"],
)
def test_the_limit_of_a_process(limit: int, most: int, room: int, limit_afterwards: int) -> None:
    done = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", ASK, str(limit), str(most), "500"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split() == [str(room), str(limit_afterwards), str(most)]
