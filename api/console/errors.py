"""What goes wrong at the console alone? These errors are added to the tree of ``api.errors``."""

from api.errors import ApiError


class UnreadableForm(ApiError):
    """The body is no form."""

    code, field = "unreadable_form", "body"

    def __init__(self) -> None:
        super().__init__("the request carries no form as browsers send it")


class ForgedForm(ApiError):
    """The form was not made for this session, or comes from another site."""

    code, status = "forged_form", 403

    def __init__(self) -> None:
        super().__init__("this form was not made for your session, or is older than it")


class SignInNeeded(ApiError):
    """No live session has asked for the page."""

    code, status = "sign_in_needed", 401

    def __init__(self) -> None:
        super().__init__("sign in to see this page")


class WorkspaceNeeded(ApiError):
    """The page is about one workspace, and the visitor reaches several."""

    code, status = "workspace_needed", 400

    def __init__(self) -> None:
        super().__init__("choose a workspace first")


class NothingChosen(ApiError):
    """A form names no person and no thing for its action."""

    code = "nothing_chosen"

    def __init__(self) -> None:
        super().__init__("nothing was chosen")


class NotTypedSo(ApiError):
    """The name that confirms something irrevocable was not typed as it is."""

    code, field = "not_typed_so", "typed"

    def __init__(self) -> None:
        super().__init__("the name was not typed as it is shown, so nothing was done")


class EffectsChanged(ApiError):
    """The effects that a preview has shown as harmless may be others by now."""

    code, status = "effects_changed", 409

    def __init__(self) -> None:
        super().__init__("the effects may be others by now than those shown, so nothing was done")
