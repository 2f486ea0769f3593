"""What does docs/consuming-events.md give to run? Its one example of a consumer."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "consuming-events.md"

PROGRAM = re.compile(r"^```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def example_consumer() -> str:
    """Return the text of the program."""
    (program,) = PROGRAM.findall(PAGE.read_text(encoding="utf-8"))
    text: str = program
    return text
