"""The OpenAPI document: the faces for programs as they are, and nothing else."""

import json
from copy import deepcopy

import jsonschema
import pytest
from drf_spectacular.validation import validate_schema

from downloads import fulfilment
from downloads.models import Order
from storefront.models import SecretKey, StorefrontKey
from tests.factories import (
    NOW,
    CustomerFactory,
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
        if component["type"] != "object":
            continue
        component["additionalProperties"] = False
        for field in component["properties"].values():
            if field.pop("nullable", False):
                field["type"] = [field["type"], "null"]
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": components}}
    jsonschema.Draft202012Validator.check_schema(root)
    formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(root, format_checker=formats)


@pytest.mark.slow
def test_the_document_is_valid_openapi(document):
    validate_schema(document)
    assert document["openapi"] == "3.0.3"


BOUGHT = "/api/shop/customer-downloadable-products"
ONE = f"{BOUGHT}/{{number}}"
DOWNLOAD = f"{ONE}/download"
PURCHASED = "/downloadable/download/purchased/{number}"
DOWNLOADS = (DOWNLOAD, PURCHASED)
EXCHANGE = "/api/v1/customer-tokens"


def refused(*statuses, by="Refusal", rate="TooManyRequests"):
    return dict.fromkeys((*statuses, "503"), by) | {"429": rate}


# Each operation with the shape of each answer; one with no body has none.
ANSWERS = {
    ("get", FACE_A): {"200": "CustomerAccountOrder"}
    | refused("402", "404", by="Message", rate="TooManyMisses"),
    ("get", BOUGHT): {"200": ["Downloadable"]} | refused("400", "401", "403"),
    ("get", ONE): {"200": "Downloadable"} | refused("401", "403", "404"),
    **{
        ("get", path): {"200": {"binary", "Address"}, "206": "binary", "409": "LinkRefusal"}
        | dict.fromkeys(("302", "304", "412", "416"))
        | refused("400", "401", "403", "404")
        for path in DOWNLOADS
    },
    ("post", EXCHANGE): {"201": "ExchangedToken"} | refused("400", "401", "404", "413", "422"),
}


def shape(answer):
    shapes = [shape_of(*each) for each in answer.get("content", {}).items()]
    return set(shapes) if len(shapes) > 1 else next(iter(shapes), None)


def shape_of(kind, content):
    schema = content["schema"]
    if schema.get("format") == "binary":
        assert kind == "*/*"
        return "binary"
    assert kind == "application/json"
    named = schema.get("items", schema)["$ref"].rpartition("/")[2]
    return [named] if "items" in schema else named


def test_every_operation_has_its_answers_in_their_shapes(document):
    assert {
        (method, path): {status: shape(answer) for status, answer in operation["responses"].items()}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    } == ANSWERS


def test_every_operation_and_answer_is_described(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(answer["description"] for answer in operation["responses"].values())


def test_nothing_is_told_of_our_own_rooms(document):
    told = json.dumps(document)
    assert not [word for word in ("Source:", "Context:", "Raises:", "Serializer") if word in told]


KEY_AND_BEARER = [{"StorefrontKey": [], "CustomerBearer": []}]


def test_every_operation_names_its_credentials(document):
    asked = {
        path: operation.get("security")
        for path, operations in document["paths"].items()
        for operation in operations.values()
    }
    assert asked == {
        FACE_A: None,
        BOUGHT: KEY_AND_BEARER,
        ONE: KEY_AND_BEARER,
        DOWNLOAD: KEY_AND_BEARER,
        PURCHASED: KEY_AND_BEARER,
        EXCHANGE: [{"SecretKey": []}],
    }
    assert document["components"]["securitySchemes"] == {
        "StorefrontKey": {"type": "apiKey", "in": "header", "name": "X-STOREFRONT-KEY"},
        "CustomerBearer": {"type": "http", "scheme": "bearer"},
        "SecretKey": {"type": "http", "scheme": "bearer", "bearerFormat": "sk_…"},
    }


def parameters(operation):
    return {(each["in"], each["name"]): each["schema"] for each in operation["parameters"]}


def test_a_page_and_its_bounds_are_told(document):
    assert parameters(document["paths"][BOUGHT]["get"]) == {
        ("query", "page"): {"type": "integer", "minimum": 1, "maximum": 999999999, "default": 1},
        ("query", "per_page"): {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        ("query", "status"): {"type": "string"},
    }


def test_what_a_download_may_be_asked_with_is_told(document):
    headers = {("header", name): {"type": "string"} for name in
               ("If-Match", "If-None-Match", "If-Range", "Range")}  # fmt: skip
    for path in DOWNLOADS:
        assert parameters(document["paths"][path]["get"]) == headers | {
            ("header", "Idempotency-Key"): {"type": "string", "maxLength": 255},
            ("path", "number"): {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
            ("query", "as"): {"type": "string", "enum": ["address"]},
        }


def test_a_customer_is_named_by_one_of_two(document):
    body = document["paths"][EXCHANGE]["post"]["requestBody"]
    one_of = body["content"]["application/json"]["schema"]["oneOf"]
    by = jsonschema.Draft202012Validator({"oneOf": one_of})
    for named in ({"email": "ada@example.com"}, {"platform_id": 7}):
        by.validate(named)
    for named in ({}, {"email": "ada@example.com", "platform_id": 7}, {"platform_id": 0}):
        assert not by.is_valid(named)


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


@pytest.mark.slow
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


# --- The faces whose callers send a key ----------------------------------------------------------


@pytest.fixture
def ask(client, credentials):
    """Return a function that asks as the customer of an order, and holds the answer to the
    document: a status it tells, with each header it tells, in the shape it tells."""

    def send(document, template, order, *, method="get", number=None, key=None, body=None, **sent):
        path = template.replace("{number}", str(number))
        headers = {"Authorization": f"Bearer {key}"} if key else credentials(order.customer)
        headers |= {name.replace("_", "-"): value for name, value in sent.items()}
        asked = {"data": body, "content_type": "application/json"} if method == "post" else {}
        response = getattr(client, method)(path, headers=headers, **asked)
        told = document["paths"][template][method]["responses"][str(response.status_code)]
        assert set(told.get("headers", {})) <= set(response.headers)
        hold(document, told, response)
        return response

    return send


def hold(document, told, response):
    """Hold an answer's body to its shape."""
    expected = shape(told)
    if expected == "binary" or isinstance(expected, set):
        assert response.getvalue()
    elif expected is None:
        assert not response.content
    elif isinstance(expected, list):
        for row in response.json():
            json_schema(document, expected[0]).validate(row)
    else:
        json_schema(document, expected).validate(response.json())


def test_real_pages_hold_to_the_document(ask, document, db):
    order = OrderFactory()
    make_file_grant(order=order, used=1)
    GrantFactory(order=order, limit=None, line=None)
    GrantFactory(order=order, limit=1, used=1, canceled=1)
    assert len(ask(document, BOUGHT, order).json()) == 3
    ask(document, BOUGHT, order, Authorization="")
    for status in Order.Payment.PAID, Order.Payment.PENDING, Order.Payment.REFUNDED:
        Order.objects.update(payment=status)
        ask(document, BOUGHT, order)


def test_a_real_row_holds_to_the_document(ask, document, db):
    grant = make_file_grant()
    assert ask(document, ONE, grant.order, number=grant.pk).status_code == 200
    assert ask(document, ONE, grant.order, number=999).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-1"}, 206),
        ({"Range": "bytes=9999-"}, 416),
        ({"If_None_Match": "*"}, 304),
        ({"If_Match": '"other"'}, 412),
        ({"Idempotency_Key": "x" * 256}, 400),
        ({"Authorization": ""}, 401),
        ({"Sec_Purpose": "prefetch"}, 503),
    ],
)
def test_a_real_download_holds_to_the_document(ask, document, db, sent, status):
    grant = make_file_grant()
    response = ask(document, DOWNLOAD, grant.order, number=grant.pk, **sent)
    assert response.status_code == status


def test_a_real_link_and_a_real_refusal_hold_to_the_document(ask, document, db):
    grant = GrantFactory(limit=1)
    for status in (302, 403):
        response = ask(document, DOWNLOAD, grant.order, number=grant.pk)
        assert response.status_code == status
    assert ask(document, DOWNLOAD, grant.order, number=999).status_code == 404


def test_a_scripts_answers_hold_to_the_document(client, credentials, ask, document, db):
    grant = GrantFactory()
    script = {"Sec_Fetch_Mode": "cors"}
    for path in DOWNLOADS:
        told = document["paths"][path]["get"]["responses"]
        assert ask(document, path, grant.order, number=grant.pk, **script).status_code == 409
        asked = path.replace("{number}", str(grant.pk)) + "?as=address"
        answer = client.get(asked, headers=credentials(grant.order.customer))
        json_schema(document, "Address").validate(answer.json())
        assert set(told["200"]["content"]) == {"*/*", "application/json"}


def test_a_key_over_its_rate_holds_to_the_document(ask, document, db, settings):
    settings.STOREFRONT_KEY_RATE_PER_MINUTE = 0
    order = OrderFactory()
    for template in (BOUGHT, ONE, DOWNLOAD):
        assert ask(document, template, order, number=1).status_code == 429


def test_a_key_of_other_sites_holds_to_the_document(ask, document, db, monkeypatch):
    monkeypatch.setattr(StorefrontKey, "allows", lambda key, origin: False)
    order = OrderFactory()
    for template in (BOUGHT, ONE, DOWNLOAD):
        assert ask(document, template, order, number=1).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "ada@example.com"}, 201),
        ({"platform_id": 7}, 404),
        ({}, 400),
        ("[", 400),
        ("[" * 100_000, 400),
        ("[" * 3_000_000, 413),
    ],
)
def test_a_real_exchange_holds_to_the_document(ask, document, db, body, status):
    order = OrderFactory(customer__email="ada@example.com")
    key = SecretKey.issue(order.shop, name="server")[1]
    response = ask(document, EXCHANGE, order, method="post", key=key, body=body)
    assert response.status_code == status


def test_an_exchange_refused_holds_to_the_document(ask, document, db):
    order = OrderFactory(customer__platform_id=7)
    CustomerFactory(shop=order.shop, platform_id=8)
    key = SecretKey.issue(order.shop, name="server")[1]
    answers = [
        ask(document, EXCHANGE, order, method="post", key=key, body=body, Idempotency_Key="one")
        for body in ({"platform_id": 7}, {"platform_id": 8})
    ]
    wrong = ask(document, EXCHANGE, order, method="post", key="sk_wrong", body={})
    assert [answer.status_code for answer in (*answers, wrong)] == [201, 422, 401]
    SecretKey.objects.update(rate_per_minute=0)
    over = ask(document, EXCHANGE, order, method="post", key=key, body={"platform_id": 7})
    assert over.status_code == 429
