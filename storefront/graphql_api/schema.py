"""GraphQL schema of face B. Names and types are the document's own (CONTRACTS, face B)."""

from datetime import datetime
from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from downloads import lookups
from downloads.errors import BadInput
from downloads.models import Grant, Order, Reader
from storefront import grant_fields
from storefront.grant_fields import IRI
from storefront.graphql_api.ids import number_in
from storefront.graphql_api.mutations import Mutation
from storefront.graphql_api.paging import cursor_of, page_size, read_cursor
from storefront.graphql_api.profile import CustomerProfile, read_profile
from storefront.signed_urls import counted_url


def number_of(identifier: str) -> int:
    """Return the grant's number from an IRI or a bare number.

    Raises:
        BadInput: empty, or in any other form.
    """
    if not identifier:
        raise BadInput("Customer downloadable product ID is required")
    return number_in(identifier, iri=IRI)


class DateTime(graphene.Scalar):
    """ISO 8601 with offset, without microseconds: `2025-06-15T10:30:00+00:00`."""

    @staticmethod
    def serialize(value: datetime) -> str:
        return grant_fields.moment(value)


class CustomerOrder(graphene.ObjectType):
    """The order a download was bought with."""

    _id = graphene.Int(name="_id")
    increment_id = graphene.String()
    status = graphene.String()
    grand_total = graphene.Float()

    @staticmethod
    def resolve__id(order: Order, info: GraphQLResolveInfo) -> int:
        return order.pk

    @staticmethod
    def resolve_increment_id(order: Order, info: GraphQLResolveInfo) -> str:
        return order.shown_number


class CustomerDownloadableProduct(graphene.ObjectType):
    """One purchased file or link and its download counter."""

    id = graphene.ID(required=True)
    _id = graphene.Int(name="_id")
    product_name = graphene.String()
    name = graphene.String()
    file_name = graphene.String()
    type = graphene.String()
    download_bought = graphene.Int(description="0: unlimited")
    download_used = graphene.Int()
    download_canceled = graphene.Int()
    status = graphene.String(description="available, expired or pending")
    remaining_downloads = graphene.Int(description="null: unlimited")
    order = graphene.Field(CustomerOrder)
    created_at = DateTime()
    updated_at = DateTime()
    download_url = graphene.String(
        description="Signed and counted; null unless the status is available"
    )

    @staticmethod
    def resolve_id(grant: Grant, info: GraphQLResolveInfo) -> str:
        return f"{IRI}{grant.pk}"

    @staticmethod
    def resolve__id(grant: Grant, info: GraphQLResolveInfo) -> int:
        return grant.pk

    @staticmethod
    def resolve_product_name(grant: Grant, info: GraphQLResolveInfo) -> str:
        return grant_fields.product_name(grant)

    @staticmethod
    def resolve_name(grant: Grant, info: GraphQLResolveInfo) -> str:
        return grant.asset.title

    @staticmethod
    def resolve_file_name(grant: Grant, info: GraphQLResolveInfo) -> str | None:
        return grant_fields.file_name(grant)

    @staticmethod
    def resolve_type(grant: Grant, info: GraphQLResolveInfo) -> str:
        return grant_fields.kind(grant)

    @staticmethod
    def resolve_download_bought(grant: Grant, info: GraphQLResolveInfo) -> int:
        return grant_fields.bought(grant)

    @staticmethod
    def resolve_download_used(grant: Grant, info: GraphQLResolveInfo) -> int:
        return grant.used

    @staticmethod
    def resolve_download_canceled(grant: Grant, info: GraphQLResolveInfo) -> int:
        return grant.canceled

    @staticmethod
    def resolve_status(grant: Grant, info: GraphQLResolveInfo) -> str:
        return grant.status(info.context.at)

    @staticmethod
    def resolve_remaining_downloads(grant: Grant, info: GraphQLResolveInfo) -> int | None:
        return grant.remaining

    @staticmethod
    def resolve_download_url(grant: Grant, info: GraphQLResolveInfo) -> str | None:
        return counted_url(grant, at=info.context.at)


class PageInfo(graphene.ObjectType):
    start_cursor = graphene.String()
    end_cursor = graphene.String()
    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)


class CustomerDownloadableProductEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(CustomerDownloadableProduct)


class CustomerDownloadableProductConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(CustomerDownloadableProductEdge), required=True)
    page_info = graphene.Field(PageInfo, required=True)
    total_count = graphene.Int(required=True)


class Query(graphene.ObjectType):
    customer_downloadable_product = graphene.Field(
        CustomerDownloadableProduct, id=graphene.ID(required=True)
    )
    customer_downloadable_products = graphene.Field(
        CustomerDownloadableProductConnection,
        first=graphene.Int(),
        after=graphene.String(),
        last=graphene.Int(),
        before=graphene.String(),
        status=graphene.String(),
    )
    read_customer_profile = graphene.Field(CustomerProfile, id=graphene.ID())

    @staticmethod
    def resolve_customer_downloadable_product(
        root: None, info: GraphQLResolveInfo, id: str
    ) -> Grant:
        caller = info.context
        _ = caller.reader
        return caller.grant(number_of(id))

    @staticmethod
    def resolve_customer_downloadable_products(
        root: None,
        info: GraphQLResolveInfo,
        after: str | None = None,
        before: str | None = None,
        first: int | None = None,
        last: int | None = None,
        status: str | None = None,
    ) -> dict[str, Any]:
        page = lookups.grants_of_reader(
            info.context.reader,
            at=info.context.at,
            status=status,
            after=read_cursor(after),
            before=read_cursor(before),
            size=page_size(first=first, last=last),
            backwards=last is not None,
        )
        edges = [{"cursor": cursor_of(grant), "node": grant} for grant in page.grants]
        return {
            "edges": edges,
            "page_info": {
                "start_cursor": edges[0]["cursor"] if edges else None,
                "end_cursor": edges[-1]["cursor"] if edges else None,
                "has_next_page": page.has_next,
                "has_previous_page": page.has_previous,
            },
            "total_count": page.total,
        }

    @staticmethod
    def resolve_read_customer_profile(
        root: None, info: GraphQLResolveInfo, id: str | None = None
    ) -> Reader:
        return read_profile(info.context.reader, id)


schema = graphene.Schema(query=Query, mutation=Mutation)
