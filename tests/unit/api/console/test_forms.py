"""Is the body of a request read as the form that a browser has sent, and as nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admin.http.errors import UnusableValue
from api.console.errors import UnreadableForm
from api.console.forms import FORM_TYPE, MOST_FIELDS, Form, form_in
from api.errors import ApiError


def test_several_fields_may_have_one_name_and_the_last_one_is_its_text() -> None:
    form = form_in(b"identity=1&name=+Ada+Quill+&identity=2&empty=", f"{FORM_TYPE}; charset=UTF-8")
    assert form.texts("identity") == ["1", "2"]
    assert form.text("identity") == "2"
    assert form.text("name") == "Ada Quill"
    assert form.is_set("empty")
    assert (form.text("missing"), form.texts("missing"), form.is_set("missing")) == ("", [], False)


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"{}", "application/json", UnreadableForm),
        (b"a=b", "", UnreadableForm),
        (b"a=b", "multipart/form-data; boundary=x", UnreadableForm),
        (b"a=\xff", FORM_TYPE, UnreadableForm),
        (b"a=%ff", FORM_TYPE, UnreadableForm),
        (b"a=%ed%a0%80", FORM_TYPE, UnreadableForm),
        (b"a&" * (MOST_FIELDS + 1), FORM_TYPE, UnreadableForm),
        (b"a=%00", FORM_TYPE, UnusableValue),
        (b"a%00=b", FORM_TYPE, UnusableValue),
        (b"a=b\x00", FORM_TYPE, UnusableValue),
    ],
    ids=[
        "JSON",
        "no type",
        "parts",
        "no UTF-8",
        "no UTF-8, encoded",
        "half a character",
        "too many fields",
        "NUL in a value",
        "NUL in a name",
        "NUL as it is",
    ],
)
def test_what_no_browser_sends_is_refused(
    body: bytes, content_type: str, error: type[ApiError]
) -> None:
    with pytest.raises(error):
        form_in(body, content_type)


@given(st.binary())
def test_any_body_is_a_form_or_is_refused(body: bytes) -> None:
    try:
        form = form_in(body, FORM_TYPE)
    except (UnreadableForm, UnusableValue):
        return
    assert isinstance(form, Form)
