"""Which tolerances does the library have already? This policy turns them on.

Unknown attributes are ignored, but the service checks paths on top of that.
"""

from scim2_models import ScimPolicy

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
