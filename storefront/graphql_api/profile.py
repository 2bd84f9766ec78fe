"""GraphQL type and resolver of `readCustomerProfile`, as Bagisto's clients query it."""

import graphene
from graphql import GraphQLResolveInfo

from downloads import lookups
from downloads.errors import BadInput, NotFound
from downloads.models import Reader
from storefront.graphql_api.compatibility import always_null
from storefront.graphql_api.ids import number_in
from storefront.graphql_api.mutations import IRI


class CustomerProfile(graphene.ObjectType):
    """Who is signed in."""

    id = graphene.ID(required=True)
    _id = graphene.Int(name="_id")
    first_name = graphene.String()
    last_name = graphene.String()
    email = graphene.String()
    date_of_birth = always_null(graphene.String)
    gender = always_null(graphene.String)
    phone = always_null(graphene.String)
    status = always_null(graphene.String)
    subscribed_to_news_letter = always_null(graphene.Boolean)
    is_verified = always_null(graphene.String)
    image = always_null(graphene.String)

    @staticmethod
    def resolve_id(reader: Reader, info: GraphQLResolveInfo) -> str:
        return f"{IRI}{reader.customer.pk}"

    @staticmethod
    def resolve__id(reader: Reader, info: GraphQLResolveInfo) -> int:
        return reader.customer.pk

    @staticmethod
    def resolve_first_name(reader: Reader, info: GraphQLResolveInfo) -> str:
        return reader.customer.first_name

    @staticmethod
    def resolve_last_name(reader: Reader, info: GraphQLResolveInfo) -> str:
        return reader.customer.last_name

    @staticmethod
    def resolve_email(reader: Reader, info: GraphQLResolveInfo) -> str | None:
        return lookups.email_of(reader)


def read_profile(reader: Reader, identifier: str | None) -> Reader:
    """Resolve the signed-in customer, by their own id or none.

    Raises:
        NotFound: any other id, in whatever form: one answer for all of them.
    """
    try:
        number = None if identifier is None else number_in(identifier, iri=IRI)
    except BadInput as error:
        raise NotFound(lookups.PROFILE_NOT_FOUND) from error
    return lookups.profile_of(reader, number)
