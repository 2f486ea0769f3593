"""What does a page consist of? Elements, links and forms, as a parser of HTML reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

Attributes = Mapping[str, str]

UNTYPED = {"submit", "button", "image", "reset"}
"""Types of fields into which nothing is filled."""


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag with its attributes; those without a value have an empty one."""

    tag: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form as it is sent without a change, by one of its buttons."""

    method: str
    action: str
    fields: Mapping[str, Sequence[str]]

    @property
    def path(self) -> str:
        """Return the path to which the form is sent."""
        return urlsplit(self.action).path

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters of its URL."""
        return dict(parse_qsl(urlsplit(self.action).query, keep_blank_values=True))


@dataclass(slots=True)
class HtmlPage:
    """A page, read."""

    elements: list[Element] = field(default_factory=list)
    forms: list[PageForm] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return all text and the values of fields, which are texts for people too."""
        values = [it.attributes.get("value", "") for it in self.elements if it.tag == "input"]
        return " ".join([*self.texts, *values])

    def all_of(self, tag: str) -> Iterator[Element]:
        """Yield the elements of a kind."""
        return (it for it in self.elements if it.tag == tag)

    @property
    def links(self) -> list[str]:
        """Return where its links lead."""
        return [it.attributes["href"] for it in self.all_of("a") if "href" in it.attributes]


def read_html(text: str, url: str = "") -> HtmlPage:
    """Return a page.

    :param url: that of the page, to which a form is sent that names no other one.
    """
    reader = _Reader(url)
    reader.feed(text)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    """Reads fields into the form that is open, and those that name another form into that one."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self.page = HtmlPage()
        self._form: Attributes | None = None
        self._fields: dict[str, list[str]] = {}
        self._buttons: list[Attributes] = []
        self._select: str | None = None
        self._options: list[Attributes] = []
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.page.elements.append(Element(tag, attributes))
        match tag:
            case "form":
                self._form, self._fields, self._buttons = attributes, {}, []
            case "input" if attributes.get("type") not in UNTYPED:
                self._read_input(attributes)
            case "button":
                self._buttons.append(attributes)
            case "select":
                self._select, self._options = attributes.get("name"), []
            case "option":
                self._options.append(attributes)
            case "textarea":
                self._area = attributes.get("name")
            case _:
                pass  # of no form

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form" if self._form is not None:
                self.page.forms.extend(
                    _variants(self._form, self._fields, self._buttons, self._url)
                )
                self._form = None
            case "select" if self._select:
                chosen = [it for it in self._options if "selected" in it] or self._options[:1]
                for each in chosen:
                    self._add(self._select, each.get("value", ""))
                self._select = None
            case "textarea":
                self._area = None
            case _:
                pass  # of no form

    def handle_data(self, data: str) -> None:
        self.page.texts.append(data)
        if self._area:
            self._add(self._area, data)

    def _read_input(self, attributes: Attributes) -> None:
        if "name" not in attributes:
            return
        is_box = attributes.get("type") in {"checkbox", "radio"}
        if not is_box or "checked" in attributes:
            self._add(attributes["name"], attributes.get("value", "on" if is_box else ""))

    def _add(self, name: str, value: str) -> None:
        self._fields.setdefault(name, []).append(value)


def _variants(
    form: Attributes, fields: dict[str, list[str]], buttons: Sequence[Attributes], url: str
) -> Iterator[PageForm]:
    """Yield a form once for each of its buttons, which may name a value and another action.

    A form without a button is not offered.
    """
    for button in buttons:
        if button.get("type") == "button":
            continue
        named = {button["name"]: [button.get("value", "")]} if button.get("name") else {}
        action = button.get("formaction") or form.get("action") or url
        yield PageForm(form.get("method", "get").lower(), action, fields | named)
