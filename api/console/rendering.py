"""How does a page become HTML? Jinja2 fills a template, and escapes the values."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.admin.providers.marked_texts import pieces_of
from api.admin.providers.named_guides import GUIDES
from api.console.brake_forms import told_brake
from api.console.changes import actor_told
from api.console.moments import exact, machine_readable, relative, span
from api.console.pictures import comings_picture, date_of, lag_picture, told_lag
from api.console.rule_forms import rules_form
from api.console.rule_words import action
from api.console.words import label, people, reason, shortened, told, tone

if TYPE_CHECKING:
    from api.console.visit import Visit

PACKAGE = "api.console"

THE_REST = Markup("<!-- the rest -->")
"""Stands in a page for the part that is made later. No text of a user has it: all are escaped."""


def rendered(template: str, visit: "Visit", /, **shown: Any) -> str:
    """Return a page for a visitor.

    :param shown: the values that the template names, beside ``visit``, ``root`` and ``now``.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            shown
            | {
                "visit": visit,
                "root": visit.root,
                "now": visit.it.clock(),
                "csrf": visit.session.csrf,
            }
        )
    )


def rendered_alone(template: str, request: Request, status: int = 200, /, **shown: Any) -> Response:
    """Return the answer with a page that takes no session."""
    given = shown | {"root": str(request.scope["root_path"])}
    return HTMLResponse(_environment().get_template(template).render(given), status)


@cache
def static_file(name: str) -> bytes:
    """Return a file that pages refer to."""
    return (files(PACKAGE) / "static" / name).read_bytes()


@cache
def version_of(name: str) -> str:
    """Return a digest of a static file, for URLs that may be cached."""
    return sha256(static_file(name)).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        actor=actor_told,
        exact=exact,
        relative=relative,
        span=span,
        shortened=shortened,
        machine_readable=machine_readable,
        label=label,
        people=people,
        reason=reason,
        pieces=pieces_of,
        told=told,
        told_action=action,
        told_brake=told_brake,
        tone=tone,
    )
    environment.globals.update(
        THE_REST=THE_REST,
        version_of=version_of,
        guides=GUIDES,
        rules_form=rules_form,
        comings_picture=comings_picture,
        date_of=date_of,
        lag_picture=lag_picture,
        told_lag=told_lag,
    )
    return environment
