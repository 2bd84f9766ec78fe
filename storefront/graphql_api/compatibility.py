"""Bagisto compatibility: fields and inputs that its clients name and that mean nothing here.

The fields are null, and the inputs are taken and not looked at: a caller sets no state (CONTRACTS,
Amendments).
"""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

NOT_KEPT = "null: not kept here"
IGNORED = "Taken and ignored"


def always_null(kind: type[graphene.Scalar]) -> graphene.Field:
    """Return a field that always resolves to null."""
    return graphene.Field(kind, resolver=_null, description=NOT_KEPT)


def ignored(kind: type[graphene.Scalar]) -> graphene.InputField:
    """Return an input field that is type-checked and ignored."""
    return graphene.InputField(kind, description=IGNORED)


def _null(root: Any, info: GraphQLResolveInfo) -> None:
    return None
