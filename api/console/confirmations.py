"""What is typed before something that cannot be undone? A name, which guards against haste alone.

A form whose effects are known, and can all be undone, says that it is harmless, and asks for none.
"""

from api.console.errors import NotTypedSo
from api.console.forms import Form


def check_typed(form: Form, name: str) -> None:
    """Check that a form has a name in its field ``typed``.

    :raises NotTypedSo: when it has another text there, or none.
    """
    if form.text("typed") != name:
        raise NotTypedSo


def check_final(form: Form, name: str) -> None:
    """Check the same, unless the form was offered as a harmless one.

    :raises NotTypedSo: as ``check_typed``.
    """
    if not form.is_set("harmless"):
        check_typed(form, name)
