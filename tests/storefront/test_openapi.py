"""The OpenAPI document: face A as it is, and nothing else."""

import json
from copy import deepcopy

import jsonschema
import pytest
from drf_spectacular.validation import validate_schema

from downloads import fulfilment
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    make_file_grant,
)
from tests.storefront.conftest import FACE_A, TOKEN


@pytest.fixture
def document(client):
    response = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert response.status_code == 200
    return json.loads(response.content)


def json_schema(document, name):
    """Return one component as JSON Schema, which knows no `nullable`, open to no unknown key."""
    components = deepcopy(document["components"]["schemas"])
    for component in components.values():
        component["additionalProperties"] = False
        for field in component["properties"].values():
            if field.pop("nullable", False):
                field["type"] = [field["type"], "null"]
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": components}}
    jsonschema.Draft202012Validator.check_schema(root)
    return jsonschema.Draft202012Validator(root)


def test_the_document_is_valid_openapi(document):
    validate_schema(document)
    assert document["openapi"] == "3.0.3"


def test_the_document_knows_face_a_alone(document):
    assert {path: set(operations) for path, operations in document["paths"].items()} == {
        FACE_A: {"get"}
    }


def test_every_answer_has_its_shape(document):
    responses = document["paths"][FACE_A]["get"]["responses"]
    assert {
        status: answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for status, answer in responses.items()
    } == {
        "200": "CustomerAccountOrder",
        "402": "Message",
        "404": "Message",
        "429": "Message",
        "503": "Message",
    }


def test_the_token_is_a_required_text_and_no_key_is_asked(document):
    operation = document["paths"][FACE_A]["get"]
    assert operation["parameters"] == [
        {
            "in": "query",
            "name": "id",
            "schema": {"type": "string"},
            "description": "The order-status token.",
            "required": True,
        }
    ]
    assert "security" not in operation
    assert "securitySchemes" not in document["components"]


@pytest.mark.parametrize("link_urls", ["direct", "counted"])
def test_a_real_answer_holds_to_the_document(client, document, db, link_urls):
    order = OrderFactory(token=TOKEN, shop__link_urls=link_urls)
    make_file_grant(order=order, used=1)
    GrantFactory(order=order, limit=None, asset__size_bytes=None)
    GrantFactory(order=order, limit=1, used=1)
    LineFactory(order=order, product__variant_id=None, product__tags=["a"])
    fulfilment.attach_to_order(order, LinkFactory(shop=order.shop), limit=1, at=NOW)
    body = client.get(FACE_A, {"id": TOKEN}).json()
    json_schema(document, "CustomerAccountOrder").validate(body)


def test_a_real_refusal_holds_to_the_document(client, document, db):
    body = client.get(FACE_A).json()
    json_schema(document, "Message").validate(body)


def test_the_document_refuses_what_face_a_never_says(client, document, db):
    OrderFactory(token=TOKEN)
    body = client.get(FACE_A, {"id": TOKEN}).json()
    body["order"]["order_number"] = "1050"
    with pytest.raises(jsonschema.ValidationError, match="is not of type 'integer'"):
        json_schema(document, "CustomerAccountOrder").validate(body)
