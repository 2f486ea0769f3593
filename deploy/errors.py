"""Which errors of commands and processes can be mended? Packages of ``deploy`` add to a tree."""


class DeployError(Exception):
    """A command cannot run as it was given or set up; the text is for the person at the keyboard.

    ``exit_status`` is that of the command.
    """

    exit_status = 2
