"""Does a form of rules say what was chosen, and does a browser give it back as it is?"""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices, choices_of
from api.admin.rules import rules_from
from api.admin.seen_names import SeenGroup
from api.console.forms import FORM_TYPE, Form, form_in
from api.console.rendering import _environment
from api.console.rule_forms import (
    LARGEST_TEXT,
    MOST_ROWS,
    Groups,
    Lines,
    Shape,
    choices_in,
    told_of,
)
from api.console.rule_options import CREATIONS, DEACTIVATIONS
from api.errors import UnusableRules
from contracts.portals import PORTALS
from contracts.rules import Portal, Role

OPENED = re.compile(
    r'<input type="hidden" name="(\w+)" value="([^"]*)"|<input name="(\w+)" value="([^"]*)"'
    r"|<select[^>]*name=\"(\w+)\"[^>]*>(.*?)</select>"
    r'|<input type="radio" name="(\w+)" value="([^"]*)" checked'
    r"|<textarea[^>]*name=\"(\w+)\"[^>]*>\n?(.*?)</textarea>",
    re.DOTALL,
)
SELECTED = re.compile(r'<option value="([^"]*)" selected')
FIRST = re.compile(r'<option value="([^"]*)"')


def drawn(macro: str, *of: object) -> str:
    module = _environment().get_template("rules_fields.html").module
    return str(getattr(module, macro)(*of))


def sent(html: str) -> Form:
    """Return the form that a browser sends of fields that nobody has touched."""
    fields: list[tuple[str, str]] = []
    for found in OPENED.finditer(html):
        name = next(it for it in found.group(1, 3, 5, 7, 9) if it)
        value = next(it for it in found.group(2, 4, 6, 8, 10) if it is not None)
        if found[5]:
            chosen = SELECTED.search(value) or FIRST.search(value)
            assert chosen is not None
            value = chosen[1]
        fields.append((name, unescape(value).replace("\n", "\r\n")))
    return form_in(urlencode(fields).encode(), FORM_TYPE)


def choices(portal: Portal, lines: int = 0) -> st.SearchStrategy[RuleChoices]:
    roles = st.sampled_from([role.value for role in Role])
    names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip)
    names = names.filter(bool)
    lists: st.SearchStrategy[list[tuple[str, str]] | None] = st.none()
    if PORTALS[portal].has_roles:
        plain = [(f"Team {number}", Role.VIEWER.value) for number in range(lines)]
        lists = st.lists(st.tuples(names, roles), max_size=5).map(lambda odd: odd + plain)
    return st.builds(
        lambda creation, leaving, role, names, ids: RuleChoices(
            creation,
            leaving,
            role if creation == "create-collaborator" else None,
            'Locked "away"' if leaving == "change-policy" else None,
            names and [RoleChoice(*it) for it in names],
            ids and [GroupChoice(*it) for it in ids],
        ),
        st.sampled_from(PORTALS[portal].creations),
        st.sampled_from(PORTALS[portal].deactivations),
        roles,
        lists,
        lists,
    )


@pytest.mark.parametrize("portal", Portal)
def test_every_rule_of_a_portal_can_be_chosen(portal: Portal) -> None:
    features = PORTALS[portal]
    assert tuple(it.do for it in CREATIONS[portal]) == features.creations
    assert tuple(it.do for it in DEACTIVATIONS[portal]) == features.deactivations


@pytest.mark.parametrize("lines", [0, MOST_ROWS])
@pytest.mark.parametrize("portal", Portal)
def test_a_form_that_nobody_touches_changes_nothing(portal: Portal, lines: int) -> None:
    @given(choices(portal, lines))
    def holds(chosen: RuleChoices) -> None:
        fields = drawn("rules_fields", portal, chosen, ['Locked "away"'], Groups())
        assert choices_in(sent(fields), portal) == chosen
        hidden = drawn("rules_hidden", portal, chosen)
        assert choices_in(sent(hidden), portal) == chosen

    holds()


def test_empty_rows_map_nothing() -> None:
    form = Form(
        {"name_lines": ["rows"], "name_line": ["Staff", " "], "name_role": ["admin", "viewer"]}
    )
    assert choices_in(form, Portal.DASHBOARD).role_map == [RoleChoice("Staff", "admin")]


def test_a_group_without_a_role_is_mapped_no_more() -> None:
    form = Form({"group_lines": ["rows"], "group_line": ["g1", "g2"], "group_role": ["", "editor"]})
    assert choices_in(form, Portal.DASHBOARD).group_map == [GroupChoice("g2", "editor")]


@pytest.mark.parametrize("name", ["two\nlines", " blank", "x" * LARGEST_TEXT])
def test_what_no_field_can_hold_is_kept(name: str) -> None:
    assert Lines([(name, "admin")]).shape is Shape.KEPT
    chosen = RuleChoices("nothing", "nothing", role_map=[RoleChoice(name, "admin")])
    page = drawn("rules_fields", Portal.DASHBOARD, chosen, [])
    assert choices_in(sent(page), Portal.DASHBOARD).role_map is None
    assert len(page) < LARGEST_TEXT


def test_a_text_that_no_page_can_carry_is_refused() -> None:
    text = "\r\n".join(f"Group {number} & more = viewer" for number in range(1_000))
    form = Form({"name_lines": ["text"], "name_text": [text]})
    with pytest.raises(UnusableRules) as raised:
        choices_in(form, Portal.DASHBOARD)
    assert told_of(raised.value).startswith("the mapping of names is too long")


def test_a_line_without_a_role_is_told_in_words() -> None:
    form = Form({"name_lines": ["text"], "name_text": ["Staff"]})
    with pytest.raises(UnusableRules) as raised:
        rules_from(Portal.DASHBOARD, choices_in(form, Portal.DASHBOARD))
    assert told_of(raised.value).startswith("the mapping of names takes a name, a sign =")


def test_groups_are_offered_that_are_not_mapped_yet() -> None:
    groups = Groups([SeenGroup("g1", "Weavers", None), SeenGroup("g2", "<b>", None)], {"g1": "W"})
    chosen = RuleChoices("nothing", "nothing", group_map=[GroupChoice("g1", "admin")])
    page = drawn("rules_fields", Portal.DASHBOARD, chosen, [], groups)
    assert '<option value="g2">&lt;b&gt;</option>' in page
    assert '<option value="g1">' not in page
    assert "<b>" not in page


def test_what_is_chosen_is_told_to_those_who_look() -> None:
    rules = rules_from(
        Portal.MDM, RuleChoices("create-mdm-employee", "change-policy", policy="Locked")
    )
    shown = drawn("rules_shown", Portal.MDM, choices_of(rules), "off")
    assert "An MDM employee is created" in shown
    assert "Change policy: Locked" in shown
