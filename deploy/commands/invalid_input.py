"""What is wrong with a command line that no use case could know? One line that says what can be."""


class InvalidInput(Exception):
    """Something on the command line cannot be; the message is one line that says what can."""
