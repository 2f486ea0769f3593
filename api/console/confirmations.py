"""What is typed before something that cannot be undone? A name is typed, against haste alone.

A form whose effects are known, and can all be undone, says that it is harmless, and asks for none.
It tells the digest of the leavings that its preview has seen, and is refused once there are others.
"""

from api.admin.leavings_digest import leavings_digest
from api.console.errors import EffectsChanged, NotTypedSo
from api.console.forms import Form
from api.console.visit import Visit

PREVIEWED = "previewed"
"""The field of a form that a preview offers; it has the digest of the leavings until then."""


def check_typed(form: Form, name: str) -> None:
    """Check that a form has a name in its field ``typed``.

    :raises NotTypedSo: when it has another text there, or none.
    """
    if form.text("typed") != name:
        raise NotTypedSo


async def check_final(visit: Visit, connection_id: str) -> None:
    """Check that the id of a connection was typed, unless the form was offered as a harmless one.

    :raises NotTypedSo: as ``check_typed``.
    :raises EffectsChanged: when a harmless form may not be harmless any more.
    """
    if not visit.form.is_set("harmless"):
        check_typed(visit.form, connection_id)
    elif visit.form.text(PREVIEWED) != await leavings_digest(visit.it, visit.actor, connection_id):
        raise EffectsChanged
