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
    "Mutation": {
        "createCustomer": "CreateCustomerPayload",
        "createCustomerLogin": "CreateCustomerLoginPayload",
        "createForgotPassword": "CreateForgotPasswordPayload",
        "createLogout": "CreateLogoutPayload",
        "createVerifyToken": "CreateVerifyTokenPayload",
    },
    "CreateCustomerPayload": {"customer": "RegisteredCustomer", "clientMutationId": "String"},
    "RegisteredCustomer": {
        "id": "ID",
        "_id": "Int",
        "email": "String",
        "firstName": "String",
        "lastName": "String",
    },
    "CreateCustomerLoginPayload": {"customerLogin": "CustomerLogin", "clientMutationId": "String"},
    "CustomerLogin": {
        "id": "ID",
        "_id": "Int",
        "token": "String",
        "success": "Boolean!",
        "message": "String!",
    },
    "CreateForgotPasswordPayload": {
        "forgotPassword": "ForgottenPassword",
        "clientMutationId": "String",
    },
    "ForgottenPassword": {"success": "Boolean!", "message": "String!"},
    "CreateLogoutPayload": {"logout": "Logout", "clientMutationId": "String"},
    "Logout": {"success": "Boolean!", "message": "String!"},
    "CreateVerifyTokenPayload": {"verifyToken": "VerifiedToken", "clientMutationId": "String"},
    "VerifiedToken": {
        "id": "ID",
        "_id": "Int",
        "email": "String",
        "firstName": "String",
        "lastName": "String",
        "isValid": "Boolean!",
        "message": "String!",
    },
}
INPUTS = {
    "CreateCustomerInput": {
        "firstName": "String!",
        "lastName": "String!",
        "email": "String!",
        "password": "String!",
        "confirmPassword": "String!",
        "clientMutationId": "String",
    },
    "CreateCustomerLoginInput": {
        "email": "String!",
        "password": "String!",
        "clientMutationId": "String",
    },
    "CreateForgotPasswordInput": {"email": "String!", "clientMutationId": "String"},
    "CreateLogoutInput": {"clientMutationId": "String"},
    "CreateVerifyTokenInput": {"clientMutationId": "String"},
}
ARGUMENTS = {
    "Query": {
        "customerDownloadableProduct": {"id": "ID!"},
        "customerDownloadableProducts": {
            "first": "Int",
            "after": "String",
            "last": "Int",
            "before": "String",
            "status": "String",
        },
    },
    "Mutation": {
        "createCustomer": {"input": "CreateCustomerInput!"},
        "createCustomerLogin": {"input": "CreateCustomerLoginInput!"},
        "createForgotPassword": {"input": "CreateForgotPasswordInput!"},
        "createLogout": {"input": "CreateLogoutInput!"},
        "createVerifyToken": {"input": "CreateVerifyTokenInput!"},
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
    assert arguments == ARGUMENTS.get(name, {})


def test_there_are_no_other_types():
    result = schema.execute("{__schema {types {name kind}}}")
    ours = {
        type_["name"]
        for type_ in result.data["__schema"]["types"]
        if not type_["name"].startswith("__") and type_["kind"] != "SCALAR"
    }
    assert ours == {*FIELDS, *INPUTS}


@pytest.mark.parametrize("name", INPUTS)
def test_an_inputs_fields_have_the_documents_types(name):
    query = f'{{__type(name: "{name}") {{inputFields {{name type {{{TYPE}}}}}}}}}'
    fields = schema.execute(query).data["__type"]["inputFields"]
    assert {field["name"]: written(field["type"]) for field in fields} == INPUTS[name]


def test_the_exported_schema_is_the_one_that_is_served():
    exported = (django_settings.BASE_DIR / "schema.graphql").read_text(encoding="utf-8")
    assert exported == print_schema(schema.graphql_schema)


def test_introspection_needs_no_bearer(graphql, customer):
    response = graphql("{__schema{queryType{name}}}", customer=customer, authorization=None)
    assert response.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
