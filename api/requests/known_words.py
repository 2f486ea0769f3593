"""Which words may the request log show? It shows those of SCIM and of Muster's own errors.

A word that is missing here is masked, so that a new text of an error shows less, and never more.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ATTRIBUTES = _words(
    """
    active addresses attributes bulkId country costCenter count created cursor data department
    display displayName division email emails employeeNumber entitlements excludedAttributes
    externalId familyName filter formatted givenName group groups honorificPrefix honorificSuffix
    id ims lastModified locale locality location manager members meta method middleName name
    nickName op operations Operations organization params password path phoneNumbers photos
    postalCode preferredLanguage primary profileUrl ref region Resources resourceType roles schema
    schemas sortBy sortOrder startIndex status streetAddress timezone title totalResults type user
    userName userType value version x509Certificates
    urn ietf scim core 2 0 extension enterprise User Group api messages PatchOp BulkRequest
    SearchRequest ListResponse
    """
)
"""The names of attributes and parameters, and the parts of the names of schemas."""

OPERATORS = _words("eq ne co sw ew gt ge lt le pr and or not true false null ascending descending")
"""The words of filters and of sorting."""

PATHS = _words(
    """
    Users Groups Bulk Me Schemas ResourceTypes ServiceProviderConfig .search User Group
    urn:ietf:params:scim:schemas:core:2.0:User urn:ietf:params:scim:schemas:core:2.0:Group
    urn:ietf:params:scim:schemas:extension:enterprise:2.0:User
    """
)
"""The parts of paths below a base URL."""

METHODS = _words("GET HEAD POST PUT PATCH DELETE OPTIONS")

DETAILS = _words(
    """
    A a about above absolute add added additional administrator after again all allowed Already
    already always among An an announces another answer answering any application applied apply
    are array arrays arrive as ask asks At at attempted Attribute attribute authority
    Authorization authorization authorized base base64 based be Bearer became because belongs
    between blank body boolean both bound Bulk bulk bulkIds but by bytes calculate can Cannot
    cannot carries carry carrying case changed char CHARACTER character characters circle
    circular client codec column combination combining comma compare compared comparison
    comparisons compatible completed complex condition conflicts conform connection contain
    contains Context context contradicts control Could could Count counts create current Cursor
    cursorTimeout database date datetime declared decode decoded delimited delimiter described
    describing designates determine dictionary Did did different directory Discovery Do do does
    double due each early either element empty enclosed encoded ended endpoint endpoints entries
    entry equal error escape exceed exceeded exceeds excluded_attributes exclusive exist
    existent Expected expected Expecting expecting expired expression expressions Extra extra
    Failed failed failure faster Fewer fewer Field field filtering filters first float for
    format found fractional from Give give given got greater half has have header hold holding
    holds hung ids if immutable in index information initial Input input inputs insensitive
    instance instead integer Internal interpret Invalid invalid is It it item items its JSON
    json just kept key keys large larger leading least length less letters levels limited line
    list long longer longest looked malformed many mapping marked marks match matches maximum
    maxOperations maxPageSize maxPayloadSize may media member memberships message methods minute
    Missing missing mistakes model modification modified more most much multi Multiple multiple
    must mutability mutually named names narrower needs neither nested nests never nextCursor No
    no non nor notation now NUL Number number numbers Object object objects occurred of off
    offset on once One one ones only operated Operation operation operator other out over page
    paged pages Pagination pagination paging pair parallel parameter parameters parse parsed
    parsing part parts passing PATCH patch paths pattern payload per permitted positive POST
    previousCursor process property protocol provider PUT qualify queries query quickly quotes
    range rate reach reached read readOnly reason recursion reference references refused
    rejected relative Remove remove removed replace request requests required requires reserved
    Resource resource resources response result results returnability returned RFC RFC7643 root
    row s same sch Schema SCIM search searched searches second seconds secret select selecting
    selection selects Send send sends sensitive Sent sent served server Service service set
    several shorter SHOULD should single size slowly so sort space Specified specified start state
    states storage store stored string structure sub subsequent such supplied support supported
    surrogate switch switched syntax Take taken takes target targets terms text texts than that
    The the their them then There there This this time timezone to together TOKEN Token token
    tokens too took total trailing try tuple twice two types unable unassigned unexpected unique
    Unknown unknown unset Unsupported unterminated up update updated URI URL URN URNs use users
    utf valid validation Value valued values Wait wait waits was what whatever when which whose
    will willing with without would write written wrong yield yields you zero
    """
)
"""The words of the details of errors, in the spelling of the details."""

KNOWN = ATTRIBUTES | OPERATORS | DETAILS | METHODS
