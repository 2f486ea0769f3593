"""Is it told in sentences why a person has something, with the page of each step?"""

import pytest

from api.admin.why.answers import Answer, Aspect, Do, Step
from api.console.answers import STEPS, told_answer, told_rule, told_step
from api.console.words import TOLD

PERSON = {"connection": "acme-store", "identity": "2819c223"}


def test_every_kind_of_step_is_told() -> None:
    assert set(STEPS) == set(Do)


@pytest.mark.parametrize(
    ("step", "text", "path"),
    [
        (Step(Do.RESUME, PERSON), "Let the connection go live.", "/connections/acme-store/state"),
        (Step(Do.APPROVE, PERSON), "Approve what the brake holds.", "/held"),
        (Step(Do.UNLOCK, PERSON), "Unlock the person.", "/people/acme-store/2819c223/unlock"),
        (Step(Do.ADD_POLICY, {"policy": "Lost"}), "Add the policy “Lost”.", "/policies"),
        (
            Step(Do.LEAVE_GROUPS, {"groups": ["IT's own"], "roles": ["boss"]}),
            "The provider takes the group “IT's own” and the SCIM role “boss” from the user.",
            None,
        ),
        (
            Step(Do.JOIN_GROUP, {"group": "Muster Editors"}),
            "The provider adds the user to the group “Muster Editors”.",
            None,
        ),
        (Step(Do.ACTIVATE, PERSON), "The provider activates the user.", None),
        (
            Step(Do.DELETE_USER, PERSON),
            "The provider of acme-store deletes the user 2819c223.",
            "/people/acme-store/2819c223",
        ),
        (
            Step(Do.CHANGE_RULES, PERSON | {"on_create": "create-employee"}),
            (
                "Change the rules of the connection (rule for joiners: create employee). That"
                " concerns everybody of the connection."
            ),
            "/connections/acme-store/rules",
        ),
    ],
)
def test_a_step_is_told_with_its_page(step: Step, text: str, path: str | None) -> None:
    told = told_step(step, "Acme", "another")
    assert (told.text, told.path) == (text, path)
    assert "2819c223" not in (told.query or {}).values()


def test_a_deletion_of_the_person_names_no_id() -> None:
    told = told_step(Step(Do.DELETE_USER, PERSON), "Acme", "2819c223")
    assert (told.text, told.path) == ("The provider deletes the user.", None)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("waiting: brake", "The newest change is not carried out yet: held by the brake."),
        ("waiting: pending", TOLD["pending"]),
        (
            "refusal: no_email, last_admin",
            "An action was refused, and waits: no e-mail address; Last Admin of the workspace.",
        ),
        ("waived", TOLD["waived"]),
        ("creation: nothing", "The rules for joiners apply. No account is made."),
        ("creation: role viewer", "The rules make everybody Viewer"),
        ("mapping: IT = Ops=admin", "The rules give the role Admin to everybody in “IT = Ops”."),
        (
            "deactivation: change-policy (Lost (2))",
            "The provider has deactivated the person. The assigned devices get the policy “Lost (",
        ),
        ("deactivation: burn", "The provider has deactivated the person. burn."),
        ("lock: remove-employee", "An administrator has locked the person. The employee leaves"),
        ("no account: deletion", "This goes with an account"),
        ("no account", "This goes with an account"),
        ("never active", "The provider has never sent"),
        ("adoption: an account with the address was there", "The account was there"),
        ("something new", "Something new."),
    ],
)
def test_a_rule_is_told_in_a_sentence(rule: str, text: str) -> None:
    assert told_rule(rule).startswith(text)
    assert told_rule(rule).endswith(".")


def test_an_answer_has_value_facts_and_times() -> None:
    because = {"active": True, "deactivated_at": 5, "ever_active": True}
    answer = Answer(Aspect.DEVICES, [{"serial": "L1"}], because, "no deactivation", ())
    told = told_answer(answer, "Acme", "2819c223")
    assert (told.aspect, told.value) == ("Devices", "1")
    facts = [(fact.name, fact.text, fact.at) for fact in told.facts]
    assert facts == [
        ("Active", "yes", None),
        ("Deactivated", "", 5),
        ("Was ever active", "yes", None),
    ]
