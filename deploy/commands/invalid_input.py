"""How are options refused that no use case sees? An error names the options that are possible."""


class InvalidInput(Exception):
    """The command line cannot be used. The message is one line that says what to give instead."""
