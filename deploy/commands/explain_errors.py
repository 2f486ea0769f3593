"""How is an error explained at the command line? It becomes one line and an exit status."""

from sqlalchemy.exc import SQLAlchemyError

from api.errors import (
    ApiError,
    HolderIsActive,
    NewWorkspace,
    NothingToChange,
    NothingToPreview,
    RuleNames,
    UnknownPolicy,
    UnusableRules,
)
from contracts.downstream.errors import DownstreamError
from contracts.error_summary import error_summary
from deploy.errors import DeployError

OPTIONS = RuleNames(
    on_create="--on-create",
    on_deactivate="--on-deactivate",
    role="--role",
    policy="--policy",
    role_map="--map-role",
    group_map="--map-group",
    a_policy="--policy NAME",
    a_line="NAME=ROLE",
    a_group_line="ID=ROLE",
)


def explained(error: Exception) -> tuple[str, int]:
    """Return the message for an error, and the exit status of the command.

    The status is 2 for what the person at the keyboard can mend. No message quotes an error that
    Muster has not foreseen: its text may be personal data.
    """
    match error:
        case ApiError() | DownstreamError():
            return message_for(error), 2
        case DeployError():
            return str(error), error.exit_status
        case SQLAlchemyError() | OSError():
            cause = getattr(error, "orig", None) or error
            return f"a database or the network failed: {type(cause).__name__}", 1
        case _:
            summary = error_summary(error)
            return f"an unexpected error: {summary['error']} at {summary['where']}", 1


def message_for(error: Exception) -> str:
    """Return the message for an error, in the words of the command line."""
    match error:
        case UnusableRules():
            return error.told_with(OPTIONS)
        case NothingToChange():
            return f"{error}: give at least one option (see --help)"
        case NothingToPreview():
            return "nothing to preview: give options of rules, --deactivate or --go-live"
        case NewWorkspace():
            return f"{error} (muster workspaces list): --new-workspace makes it"
        case HolderIsActive():
            return f"{error}: --from-active takes it, muster conflicts move leaves it"
        case UnknownPolicy():
            return f"{error}: muster policies add"
        case _:
            return str(error)
