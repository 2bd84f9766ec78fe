"""Limits of a GraphQL document, from the settings."""

from typing import NamedTuple

from django.conf import settings


class Limits(NamedTuple):
    """The limits a document is parsed and validated under."""

    document_bytes: int
    tokens: int
    depth: int
    root_fields: int
    aliases: int
    directives: int
    comparisons: int
    is_introspection_open: bool
    are_hints_given: bool


def limits_of_settings() -> Limits:
    """Return the limits as the settings are now."""
    return Limits(
        document_bytes=settings.GRAPHQL_MAX_DOCUMENT_BYTES,
        tokens=settings.GRAPHQL_MAX_TOKENS,
        depth=settings.GRAPHQL_MAX_DEPTH,
        root_fields=settings.GRAPHQL_MAX_ROOT_FIELDS,
        aliases=settings.GRAPHQL_MAX_ALIASES,
        directives=settings.GRAPHQL_MAX_DIRECTIVES,
        comparisons=settings.GRAPHQL_MAX_COMPARISONS,
        is_introspection_open=settings.GRAPHQL_INTROSPECTION,
        are_hints_given=settings.GRAPHQL_HINTS,
    )
