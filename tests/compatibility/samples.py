"""Which events can there be? One of each kind, as the encoder of this version writes them."""

from collections.abc import Mapping

from hypothesis import strategies as st

from contracts.identity_changed import (
    DashboardTerms,
    IdentityChanged,
    MdmTerms,
    Profile,
    StoreTerms,
    Terms,
    Trace,
)
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    CreateNothing,
    LeaveAlone,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    RoleLine,
    UnassignDevices,
)

NOW = 1_795_464_000_000_000
LEFT = NOW - 1_000_000
ADA = Profile(
    user_name="ada@example.com",
    email="ada@example.com",
    display_name="Ada Zoë Quill",
    given_name="Ada",
    family_name="Quill",
    external_id="00u1",
)
TRACE = Trace(
    correlation_id="01JC5Y7Q2M9V",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)

PUBLIC_URL = "https://muster.example.com"
"""That of the installation whose events are recorded."""


def an_event(terms: Terms, **changes: object) -> IdentityChanged:
    """Return the event of somebody who works, or of whom something else is true."""
    values: dict[str, object] = {
        "workspace": "acme",
        "connection": f"acme-{terms.portal}",
        "identity": "8f0c",
        "version": NOW,
        "active": True,
        "ever_active": True,
        "profile": ADA,
        "groups": ("Admins", "Everyone"),
        "terms": terms,
        "changed_at": NOW,
        "told_at": NOW - 1,
    }
    return IdentityChanged.model_validate(values | changes)


def _left(terms: Terms, **changes: object) -> IdentityChanged:
    return an_event(terms, active=False, **changes)


ADMINS = RoleLine(name="Admins", role=Role.ADMIN)
EDITOR = CreateCollaborator(role=Role.EDITOR)
PHONE = CreateMdmEmployee()

SAMPLES: Mapping[str, IdentityChanged] = {
    "store-joiner": an_event(StoreTerms(on_create=CreateEmployee())),
    "store-nothing": an_event(StoreTerms(on_create=CreateNothing()), groups=()),
    "store-leaver": _left(
        StoreTerms(on_create=CreateEmployee(), deactivated_at=LEFT, deactivation=RemoveEmployee())
    ),
    "store-deleted": _left(
        StoreTerms(on_create=CreateEmployee(), deactivated_at=LEFT), deleted=True
    ),
    "store-never-active": _left(StoreTerms(on_create=CreateEmployee()), ever_active=False),
    "store-returned": an_event(
        StoreTerms(on_create=CreateEmployee(), deactivated_at=LEFT, deactivation=RemoveEmployee())
    ),
    "store-only-a-name": an_event(
        StoreTerms(on_create=CreateEmployee()), profile=Profile(user_name="ada"), groups=()
    ),
    "dashboard-admin": an_event(DashboardTerms(on_create=EDITOR, role_lines=(ADMINS,))),
    "dashboard-nothing": an_event(DashboardTerms(on_create=CreateNothing())),
    "dashboard-highest-role": an_event(
        DashboardTerms(on_create=EDITOR, highest_role=Role.ADMIN), groups=()
    ),
    "dashboard-leaver": _left(
        DashboardTerms(on_create=EDITOR, deactivated_at=LEFT, deactivation=RemoveCollaborator())
    ),
    "mdm-joiner": an_event(MdmTerms(on_create=PHONE)),
    "mdm-nothing": an_event(MdmTerms(on_create=CreateNothing())),
    "mdm-left-alone": _left(MdmTerms(on_create=PHONE, deactivated_at=LEFT)),
    "mdm-unassigned": _left(
        MdmTerms(on_create=PHONE, deactivated_at=LEFT, deactivation=UnassignDevices())
    ),
    "mdm-policy-changed": _left(
        MdmTerms(
            on_create=PHONE, deactivated_at=LEFT, deactivation=ChangePolicy(policy="Quarantine")
        )
    ),
    "mdm-removed": _left(
        MdmTerms(on_create=PHONE, deactivated_at=LEFT, deactivation=RemoveUser()), deleted=True
    ),
    "mdm-removed-with-devices": _left(
        MdmTerms(on_create=PHONE, deactivated_at=LEFT, deactivation=RemoveUserAndDevices())
    ),
}
"""One of each kind. They are recorded once for each version of the event, and stay as they are."""

# --- any event ----------------------------------------------------------------------------

_texts = st.none() | st.text()
_versions = st.integers(min_value=1, max_value=2**63 - 1)
_collaborator = st.builds(CreateCollaborator, role=st.sampled_from(Role))
_lines = st.lists(st.builds(RoleLine, name=st.text(min_size=1), role=st.sampled_from(Role)))
_terms: st.SearchStrategy[Terms] = st.one_of(
    st.builds(
        StoreTerms,
        on_create=st.sampled_from([CreateNothing(), CreateEmployee()]),
        deactivation=st.sampled_from([LeaveAlone(), RemoveEmployee()]),
    ),
    st.builds(
        DashboardTerms,
        on_create=st.just(CreateNothing()) | _collaborator,
        role_lines=_lines.map(tuple),
        highest_role=st.none() | st.sampled_from(Role),
        deactivation=st.sampled_from([LeaveAlone(), RemoveCollaborator()]),
    ),
    st.builds(
        MdmTerms,
        on_create=st.sampled_from([CreateNothing(), CreateMdmEmployee()]),
        deactivation=st.one_of(
            st.sampled_from([LeaveAlone(), UnassignDevices(), RemoveUser()]),
            st.just(RemoveUserAndDevices()),
            st.builds(ChangePolicy, policy=st.text(min_size=1)),
        ),
    ),
)
_profiles = st.builds(
    Profile,
    user_name=st.text(),
    email=_texts,
    display_name=_texts,
    given_name=_texts,
    family_name=_texts,
    external_id=_texts,
)


@st.composite
def events(draw: st.DrawFn) -> IdentityChanged:
    """Draw any event that can be."""
    version = draw(_versions)
    active, deleted, ever_active = draw(
        st.sampled_from(
            [(True, False, True), (False, False, True), (False, True, True), (False, True, False)]
        )
    )
    left = draw(st.integers(min_value=1, max_value=version)) if ever_active and not active else 0
    terms = draw(_terms).model_copy(update={"deactivated_at": left})
    return an_event(
        terms,
        identity=draw(st.text()),
        version=version,
        active=active,
        deleted=deleted,
        ever_active=ever_active,
        profile=draw(_profiles),
        groups=tuple(draw(st.lists(st.text()))),
        changed_at=draw(st.integers(min_value=0, max_value=NOW * 10)),
    )


traces = st.builds(Trace, correlation_id=st.text(), traceparent=_texts)
