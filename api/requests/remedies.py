"""What helps against an error of the ingress? Each code of an error has a remedy, in this table.

Commands show them, too, and load nothing of SCIM with it. ``api.scim.error_codes`` gives each error
its code, and a test holds the two tables to each other.
"""

from collections.abc import Mapping

REMEDIES: Mapping[str, str] = {
    "unauthorized": "Enter a live token of this connection at the provider (muster tokens list"
    " shows which live, muster tokens create makes one), and check that no proxy in between drops"
    " the header Authorization.",
    "connection_off": "Switch the connection on again (muster connections on), or stop the"
    " provider.",
    "forbidden": "Let the provider read this endpoint without a filter.",
    "not_found": "The id is unknown here, or the path is no endpoint: check the base URL at the"
    " provider, and start a full synchronisation there, which matches people by userName again.",
    "method_not_allowed": "Check the base URL at the provider: this path does not take the method.",
    "body_too_slow": "Look at the network and at proxies between provider and Muster, or raise"
    " MUSTER_BODY_TIMEOUT.",
    "body_cut_short": "Look at time-outs of the provider and of proxies in between: the connection"
    " ended in the middle of the request.",
    "hung_up": "The provider did not wait for the answer: raise its time-out, or let it ask for"
    " less.",
    "conflict": "Resources of the bulk request refer to each other in a circle, or to one that"
    " failed: create them first, then add the references.",
    "uniqueness": "Another user or group of this connection has this name already: match the two at"
    " the provider by userName, or rename or delete one of them.",
    "precondition_failed": "The resource has changed since the provider read it; it will read it"
    " again by itself.",
    "too_large": "Let the provider send less at once (members in several requests), or raise"
    " MUSTER_LARGEST_BODY, MUSTER_LARGEST_BULK or MUSTER_MOST_BULK_OPERATIONS.",
    "target_too_long": "Let the provider send a search as a body, to .search.",
    "unsupported_media_type": "Let the provider send application/scim+json or application/json.",
    "too_many_requests": "The provider will send it again by itself. If this goes on, let it send"
    " fewer in parallel, or raise the share (runbook MusterSharesUsedUp).",
    "rate_exceeded": "The provider will send it again by itself. If this goes on, raise"
    " MUSTER_RATE_EACH (runbook MusterSharesUsedUp).",
    "try_again_later": "The provider will send it again by itself. If this goes on, look for"
    " long transactions in the directory's database.",
    "directory_away": "The provider will send it again by itself. Look at the directory's database"
    " and at /readyz.",
    "search_too_slow": "Let the provider look people up by userName, externalId or emails, or raise"
    " MUSTER_SEARCH_TIMEOUT.",
    "invalid_filter": "Correct the filter at the provider: matching by userName, externalId or"
    " emails.value always works.",
    "too_many": "Let the provider ask for less in one search.",
    "mutability": "Take the attribute out of the provider's mapping: it cannot be changed.",
    "invalid_syntax": "Correct the provider's mapping or script: the body is no JSON of the form"
    " that SCIM asks for.",
    "invalid_path": "Correct the attribute in the provider's mapping: the schema does not have it"
    " (GET /Schemas lists all).",
    "path_not_found": "Correct the attribute in the provider's mapping: the schema does not have it"
    " (GET /Schemas lists all).",
    "no_target": "Correct the path in the provider's mapping: nothing that the resource has matches"
    " it.",
    "invalid_value": "Correct the value that the provider sends for the attribute that the detail"
    " names: it is missing, too long, or of another type.",
    "invalid_version": "Let the provider speak SCIM 2.0.",
    "sensitive": "Let the provider send the search as a body, to .search.",
    "invalid_cursor": "Let the provider begin again at the first page; a rotated token ends"
    " cursors, too.",
    "expired_cursor": "Let the provider begin again at the first page and read on sooner, or raise"
    " MUSTER_CURSOR_LIFETIME.",
    "invalid_count": "Let the provider ask for the same count on every page.",
    "not_implemented": "Do without: /Me is not offered. Let the provider use /Users.",
    "invalid_request": "Correct the request at the provider as the detail says.",
    "internal_error": "This is a fault of Muster: find the log lines with the correlation id, and"
    " report them.",
}
"""The remedies, by the code of an error. They name no person, and fit every provider."""


def remedy_of(code: str | None) -> str | None:
    """Return the remedy for an error; None for None, and for a code of another version."""
    return None if code is None else REMEDIES.get(code)
