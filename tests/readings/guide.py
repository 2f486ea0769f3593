"""What can be run of docs/operations.md? Its blocks, by the word behind ``sh`` that says where."""

import re
from collections.abc import Sequence
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"

FENCE = re.compile(r"^```sh ?(?P<where>\w*)\n(?P<commands>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_for(where: str) -> str:
    """Return the commands of every block for a place, in their order, as one script."""
    return "\n".join(_blocks_for(where))


def helpers_for(where: str) -> str:
    """Return the first block for a place, which names what the others use."""
    return _blocks_for(where)[0]


def statements() -> str:
    """Return the statements for a PostgreSQL of one's own, as psql reads them."""
    (block,) = re.findall(
        r"^```sql\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(block)


def places() -> set[str]:
    """Return every word that says where a block is run."""
    return {block["where"] for block in FENCE.finditer(GUIDE.read_text(encoding="utf-8"))}


def _blocks_for(where: str) -> Sequence[str]:
    blocks = FENCE.finditer(GUIDE.read_text(encoding="utf-8"))
    return [block["commands"] for block in blocks if block["where"] == where]
