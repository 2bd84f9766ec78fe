"""Fields and inputs of Bagisto's schema that mean nothing here: its clients name them all the same.

The fields are null, and the inputs are taken and not looked at: a caller sets no state (CONTRACTS,
Amendments).
"""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

NOT_KEPT = "null: not kept here"
IGNORED = "Taken and ignored"


def always_null(kind: type[graphene.Scalar]) -> graphene.Field:
    """Return a field that is null whatever its object holds."""
    return graphene.Field(kind, resolver=_null, description=NOT_KEPT)


def ignored(kind: type[graphene.Scalar]) -> graphene.InputField:
    """Return an input that is taken in its type and never looked at."""
    return graphene.InputField(kind, description=IGNORED)


def _null(root: Any, info: GraphQLResolveInfo) -> None:
    return None
