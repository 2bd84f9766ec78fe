"""The types of face B, as a client generates its code from them."""

import pytest
from django.conf import settings as django_settings
from graphql import print_schema

from storefront.schema import schema

# CONTRACTS, face B.
FIELDS = {
    "CustomerDownloadableProduct": {
        "id": "ID!",
        "_id": "Int",
        "productName": "String",
        "name": "String",
        "fileName": "String",
        "type": "String",
        "downloadBought": "Int",
        "downloadUsed": "Int",
        "downloadCanceled": "Int",
        "status": "String",
        "remainingDownloads": "Int",
        "order": "CustomerOrder",
        "createdAt": "DateTime",
        "updatedAt": "DateTime",
        "downloadUrl": "String",
    },
    "CustomerOrder": {
        "_id": "Int",
        "incrementId": "String",
        "status": "String",
        "grandTotal": "Float",
    },
    "CustomerDownloadableProductConnection": {
        "edges": "[CustomerDownloadableProductEdge!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    },
    "CustomerDownloadableProductEdge": {
        "cursor": "String!",
        "node": "CustomerDownloadableProduct",
    },
    "PageInfo": {
        "startCursor": "String",
        "endCursor": "String",
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
    },
    "Query": {
        "customerDownloadableProduct": "CustomerDownloadableProduct",
        "customerDownloadableProducts": "CustomerDownloadableProductConnection",
    },
}
ARGUMENTS = {
    "customerDownloadableProduct": {"id": "ID!"},
    "customerDownloadableProducts": {
        "first": "Int",
        "after": "String",
        "last": "Int",
        "before": "String",
        "status": "String",
    },
}
TYPE = "kind name ofType {kind name ofType {kind name ofType {kind name}}}"


def written(type_):
    """Return a type as the schema language writes it."""
    match type_["kind"]:
        case "NON_NULL":
            return f"{written(type_['ofType'])}!"
        case "LIST":
            return f"[{written(type_['ofType'])}]"
    return type_["name"]


@pytest.mark.parametrize(("name", "fields"), FIELDS.items())
def test_a_type_has_the_documents_fields(name, fields):
    asked = f"name type {{{TYPE}}}"
    query = f'{{__type(name: "{name}") {{fields {{{asked} args {{{asked}}}}}}}}}'
    result = schema.execute(query)
    assert result.errors is None
    shown = result.data["__type"]["fields"]
    assert {field["name"]: written(field["type"]) for field in shown} == fields
    arguments = {
        field["name"]: {argument["name"]: written(argument["type"]) for argument in field["args"]}
        for field in shown
        if field["args"]
    }
    assert arguments == (ARGUMENTS if name == "Query" else {})


def test_there_are_no_other_types():
    result = schema.execute("{__schema {types {name kind}}}")
    ours = {
        type_["name"]
        for type_ in result.data["__schema"]["types"]
        if not type_["name"].startswith("__") and type_["kind"] != "SCALAR"
    }
    assert ours == set(FIELDS)


def test_the_exported_schema_is_the_one_that_is_served():
    exported = (django_settings.BASE_DIR / "schema.graphql").read_text(encoding="utf-8")
    assert exported == print_schema(schema.graphql_schema)


def test_introspection_needs_no_bearer(graphql, customer):
    response = graphql("{__schema{queryType{name}}}", customer=customer, authorization=None)
    assert response.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
