"""What can be run of docs/operations.md? Its blocks, by the word behind ``sh`` that says where."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"

FENCE = re.compile(r"^```sh ?(?P<where>\w*)\n(?P<commands>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_for(where: str) -> str:
    """Return the commands of every block for a place, in their order, as one script."""
    blocks = FENCE.finditer(GUIDE.read_text(encoding="utf-8"))
    return "\n".join(block["commands"] for block in blocks if block["where"] == where)


def places() -> set[str]:
    """Return every word that says where a block is run."""
    return {block["where"] for block in FENCE.finditer(GUIDE.read_text(encoding="utf-8"))}
