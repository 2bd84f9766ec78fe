"""The types of face B, as a client generates its code from them."""

import pytest
from django.conf import settings as django_settings
from graphql import print_schema

from storefront.graphql_api.schema import schema

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
        "readCustomerProfile": "CustomerProfile",
    },
    "CustomerProfile": {
        "id": "ID!",
        "_id": "Int",
        "firstName": "String",
        "lastName": "String",
        "email": "String",
        "dateOfBirth": "String",
        "gender": "String",
        "phone": "String",
        "status": "String",
        "subscribedToNewsLetter": "Boolean",
        "isVerified": "String",
        "image": "String",
    },
    "Mutation": {
        "createCustomer": "createCustomerPayload",
        "createCustomerLogin": "createCustomerLoginPayload",
        "createForgotPassword": "createForgotPasswordPayload",
        "createLogout": "createLogoutPayload",
        "createVerifyToken": "createVerifyTokenPayload",
    },
    "createCustomerPayload": {"customer": "RegisteredCustomer", "clientMutationId": "String"},
    "RegisteredCustomer": {
        "id": "ID",
        "_id": "Int",
        "email": "String",
        "firstName": "String",
        "lastName": "String",
        "name": "String",
        "phone": "String",
        "status": "String",
        "apiToken": "String",
        "customerGroupId": "Int",
        "subscribedToNewsLetter": "Boolean",
        "isVerified": "String",
        "isSuspended": "String",
        "token": "String",
        "rememberToken": "String",
    },
    "createCustomerLoginPayload": {"customerLogin": "CustomerLogin", "clientMutationId": "String"},
    "CustomerLogin": {
        "id": "ID",
        "_id": "Int",
        "apiToken": "String",
        "token": "String",
        "success": "Boolean!",
        "message": "String!",
    },
    "createForgotPasswordPayload": {
        "forgotPassword": "ForgottenPassword",
        "clientMutationId": "String",
    },
    "ForgottenPassword": {"success": "Boolean!", "message": "String!"},
    "createLogoutPayload": {"logout": "Logout", "clientMutationId": "String"},
    "Logout": {"success": "Boolean!", "message": "String!"},
    "createVerifyTokenPayload": {"verifyToken": "VerifiedToken", "clientMutationId": "String"},
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
    "createCustomerInput": {
        "firstName": "String!",
        "lastName": "String!",
        "email": "String!",
        "password": "String!",
        "confirmPassword": "String!",
        "phone": "String",
        "gender": "String",
        "dateOfBirth": "String",
        "status": "String",
        "isVerified": "String",
        "isSuspended": "String",
        "subscribedToNewsLetter": "Boolean",
        "deviceToken": "String",
        "clientMutationId": "String",
    },
    "createCustomerLoginInput": {
        "email": "String!",
        "password": "String!",
        "deviceToken": "String",
        "clientMutationId": "String",
    },
    "createForgotPasswordInput": {"email": "String!", "clientMutationId": "String"},
    "createLogoutInput": {"deviceToken": "String", "clientMutationId": "String"},
    "createVerifyTokenInput": {"clientMutationId": "String"},
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
        "readCustomerProfile": {"id": "ID"},
    },
    "Mutation": {
        "createCustomer": {"input": "createCustomerInput!"},
        "createCustomerLogin": {"input": "createCustomerLoginInput!"},
        "createForgotPassword": {"input": "createForgotPasswordInput!"},
        "createLogout": {"input": "createLogoutInput!"},
        "createVerifyToken": {"input": "createVerifyTokenInput!"},
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
