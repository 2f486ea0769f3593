"""What does the service announce? Discovery lists users, groups and supported capabilities."""

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    Pagination,
    Patch,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)

from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import EnterpriseUser, Group, ScimUser, User
from api.scim.protocol.tolerances import POLICY


def scim_provider(limits: Limits) -> ScimProvider:
    """Return the description that the discovery endpoints publish (RFC 7643 sections 5 to 7)."""
    return ScimProvider(
        models=[User, EnterpriseUser, Group],
        resource_types=[ResourceType.from_resource(ScimUser), ResourceType.from_resource(Group)],
        config=_config(limits),
        policy=POLICY,
    )


def _config(limits: Limits) -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(
            supported=True,
            max_operations=limits.bulk_operations,
            max_payload_size=limits.bulk_bytes,
        ),
        filter=Filter(supported=True, max_results=limits.page_size),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        pagination=Pagination(
            cursor=True,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=limits.page_size,
            max_page_size=limits.page_size,
            cursor_timeout=limits.cursor_seconds,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token of the connection, in the Authorization header",
                primary=True,
            )
        ],
    )
