"""How are options refused that no use case sees? An error names the options that are possible."""

from deploy.errors import DeployError


class InvalidInput(DeployError):
    """The command line cannot be used. The message names the fault or the remedy, in one line."""
