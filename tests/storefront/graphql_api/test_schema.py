"""The shape of face B."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.incoming import RefundReport
from storefront.graphql_api.schema import DateTime, number_of
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    OrderFactory,
    ShopFactory,
    make_file_grant,
)

IRI = "/api/shop/customer-downloadable-products/"
INVALID_ID = (
    'Invalid ID format. Expected IRI format like "/api/shop/customer-downloadable-products/1" '
    "or numeric ID"
)
ID_REQUIRED = "Customer downloadable product ID is required"
DOCUMENT_QUERY = """query GetCustomerDownloadableProduct {
  customerDownloadableProduct(id: "/api/shop/customer-downloadable-products/%s") {
    _id
    productName
    name
    fileName
    type
    downloadBought
    downloadUsed
    downloadCanceled
    status
    remainingDownloads
    order {
      _id
      incrementId
      status
      grandTotal
    }
    createdAt
    updatedAt
  }
}"""


@pytest.fixture
def read(graphql):
    """Return a function that reads some fields of one grant as its own customer."""

    def ask(grant, fields):
        response = graphql(
            f'{{customerDownloadableProduct(id: "{grant.pk}") {{{fields}}}}}',
            customer=grant.order.customer,
        )
        assert response.status_code == 200
        return response.json()["data"]["customerDownloadableProduct"]

    return ask


def refused(message):
    return {
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 2}],
                "path": ["customerDownloadableProduct"],
            }
        ],
        "data": {"customerDownloadableProduct": None},
    }


# --- The document ------------------------------------------------------------------------------


def test_the_documents_query_is_answered_whole(graphql, db):
    grant = make_file_grant(
        name="the book.epub",
        order=OrderFactory(number=1050, platform_id=450789469, grand_total="39.90"),
        limit=10,
        used=2,
        canceled=3,
        line__product__name="My new Book",
        created_at=datetime(2025, 6, 15, 10, 30, tzinfo=UTC),
        updated_at=datetime(2025, 6, 16, 8, 0, 59, 999_999, tzinfo=UTC),
    )
    response = graphql(DOCUMENT_QUERY % grant.pk, customer=grant.order.customer)
    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "customerDownloadableProduct": {
                "_id": grant.pk,
                "productName": "My new Book",
                "name": grant.asset.title,
                "fileName": "the book.epub",
                "type": "file",
                "downloadBought": 10,
                "downloadUsed": 2,
                "downloadCanceled": 3,
                "status": "available",
                "remainingDownloads": 5,
                "order": {
                    "_id": grant.order.pk,
                    "incrementId": "1050",
                    "status": "completed",
                    "grandTotal": 39.9,
                },
                "createdAt": "2025-06-15T10:30:00+00:00",
                "updatedAt": "2025-06-16T08:00:59+00:00",
            }
        }
    }


def test_the_documents_error_is_its_own(graphql, customer):
    response = graphql(DOCUMENT_QUERY % 999, customer=customer)
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": 'Customer downloadable product with ID "999" not found',
                "locations": [{"line": 2, "column": 3}],
                "path": ["customerDownloadableProduct"],
            }
        ],
        "data": {"customerDownloadableProduct": None},
    }


@pytest.mark.parametrize("line", [{}, {"line": None}], ids=["on a line", "of the order"])
def test_the_documents_query_takes_three_queries(
    client, credentials, db, django_assert_num_queries, line
):
    grant = GrantFactory(**line)
    headers = credentials(grant.order.customer)
    asked = {"query": DOCUMENT_QUERY % grant.pk}

    def ask():
        return client.post("/api/graphql", asked, content_type="application/json", headers=headers)

    # Key, bearer, grant; in the first of an hour also when the two were used.
    for queries in (5, 3):
        with django_assert_num_queries(queries):
            response = ask()
    assert response.json()["data"]["customerDownloadableProduct"]["_id"] == grant.pk


# --- The id ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", ['"{iri}{pk}"', '"{pk}"', "{pk}", '"00{pk}"', '"{iri}00{pk}"'], ids=str
)
def test_an_id_is_an_iri_or_a_number(graphql, db, form):
    grant = GrantFactory()
    literal = form.format(iri=IRI, pk=grant.pk)
    response = graphql(
        f"{{customerDownloadableProduct(id: {literal}) {{id _id}}}}", customer=grant.order.customer
    )
    assert response.json() == {
        "data": {"customerDownloadableProduct": {"id": f"{IRI}{grant.pk}", "_id": grant.pk}}
    }


@pytest.mark.parametrize("form", [str, int, lambda pk: f"{IRI}{pk}"], ids=["text", "int", "IRI"])
def test_an_id_may_come_as_a_variable(graphql, db, form):
    grant = GrantFactory()
    response = graphql(
        "query($id: ID!) {customerDownloadableProduct(id: $id) {_id}}",
        customer=grant.order.customer,
        variables={"id": form(grant.pk)},
    )
    assert response.json() == {"data": {"customerDownloadableProduct": {"_id": grant.pk}}}


@pytest.mark.parametrize(
    "id",
    ["999", f"{IRI}999", "000999", f"{IRI}0999", str(2**63 - 1), "0"],
)
def test_a_missing_row_is_named_by_its_bare_number(graphql, customer, id):
    response = graphql(f'{{customerDownloadableProduct(id: "{id}") {{_id}}}}', customer=customer)
    number = int(id.removeprefix(IRI))
    assert response.status_code == 200
    assert response.json() == refused(f'Customer downloadable product with ID "{number}" not found')


INVALID = {
    "2^63": str(2**63),
    "twenty digits": "9" * 20,
    "a line behind": "7\n",
    "a space behind": "7 ",
    "a space before": " 7",
    "negative": "-7",
    "signed": "+7",
    "float": "7.0",
    "exponent": "7e0",
    "hex": "0x7",
    "underscored": "1_0",
    "Arabic digits": "٧",
    "superscript": "⁷",
    "full width": "７",
    "a word": "seven",
    "a list": "7,8",
    "NUL": "7\0",
    "another IRI": "/api/shop/orders/7",
    "another version": "/api/v2/shop/customer-downloadable-products/7",
    "an IRI alone": IRI,
    "an IRI with a word": f"{IRI}seven",
    "an IRI with a slash": f"{IRI}7/",
    "an IRI with a query": f"{IRI}7?x=1",
    "an IRI twice": f"{IRI}{IRI}7",
    "an IRI without its slash": f"{IRI}7"[1:],
    "an IRI in upper case": f"{IRI}7".upper(),
    "an absolute IRI": f"http://localhost:8000{IRI}7",
    "an IRI past 64 bits": f"{IRI}{2**63}",
    "a global id": urlsafe_b64encode(b"CustomerDownloadableProduct:7").decode(),
    "a cursor": urlsafe_b64encode(b"grant:7").decode(),
    "2,000 digits": "7" * 2_000,
}


@pytest.mark.parametrize("id", INVALID.values(), ids=INVALID)
def test_any_other_form_is_refused(id):
    with pytest.raises(BadInput) as error:
        number_of(id)
    assert str(error.value) == INVALID_ID


@pytest.mark.parametrize("name", ["2^63", "a line behind", "Arabic digits", "another IRI"])
def test_a_refused_form_is_answered_like_a_missing_row(graphql, customer, name):
    response = graphql(
        "query($id: ID!)\n{customerDownloadableProduct(id: $id) {_id}}",
        customer=customer,
        variables={"id": INVALID[name]},
    )
    assert response.status_code == 200
    expected = refused(INVALID_ID)
    expected["errors"][0]["locations"] = [{"line": 2, "column": 2}]
    assert response.json() == expected


def test_an_empty_id_is_required(graphql, customer):
    response = graphql('{customerDownloadableProduct(id: "") {_id}}', customer=customer)
    assert (response.status_code, response.json()) == (200, refused(ID_REQUIRED))


@pytest.mark.parametrize(
    ("literal", "message"),
    [
        ("7.0", "ID cannot represent a non-string and non-integer value: 7.0"),
        ("true", "ID cannot represent a non-string and non-integer value: true"),
        ("[7, 8]", "ID cannot represent a non-string and non-integer value: [7, 8]"),
        ("null", "Expected value of type 'ID!', found null."),
    ],
)
def test_what_is_no_id_at_all_is_the_documents_error(graphql, customer, literal, message):
    response = graphql(f"{{customerDownloadableProduct(id: {literal}) {{_id}}}}", customer=customer)
    assert response.status_code == 200
    assert response.json() == {
        "errors": [{"message": message, "locations": [{"line": 1, "column": 34}]}]
    }


@pytest.mark.parametrize("id", ["12", "0012", f"{IRI}12", f"{IRI}0012"])
def test_an_accepted_form_is_a_number(id):
    assert number_of(id) == 12


# --- Whose it is -------------------------------------------------------------------------------


def test_foreign_other_shops_and_missing_are_the_same_to_the_byte(graphql, db):
    foreign = GrantFactory()
    customer = CustomerFactory(shop=foreign.order.shop)
    elsewhere = GrantFactory(order__customer__email=customer.email)
    answers = []
    for number in (foreign.pk, elsewhere.pk, elsewhere.pk + 1):
        for literal in (f'"{number}"', f'"{IRI}{number}"'):
            query = f"{{customerDownloadableProduct(id: {literal}) {{_id}}}}"
            response = graphql(query, customer=customer)
            assert response.status_code == 200
            answers.append(response.content.replace(f'"{number}\\"'.encode(), b'"N\\"'))
    assert set(answers) == {
        b'{"errors":[{"message":"Customer downloadable product with ID \\"N\\" not found",'
        b'"locations":[{"line":1,"column":2}],"path":["customerDownloadableProduct"]}],'
        b'"data":{"customerDownloadableProduct":null}}'
    }


def test_an_order_without_a_customer_is_nobodys(graphql, customer):
    grant = GrantFactory(order__shop=customer.shop, order__customer=None)
    response = graphql(
        f'{{customerDownloadableProduct(id: "{grant.pk}") {{_id}}}}', customer=customer
    )
    assert response.json() == refused(
        f'Customer downloadable product with ID "{grant.pk}" not found'
    )


def test_an_order_of_another_shop_is_not_its_customers(graphql, customer):
    grant = GrantFactory(order__customer=customer, order__shop=ShopFactory())
    response = graphql(
        f'{{customerDownloadableProduct(id: "{grant.pk}") {{_id}}}}', customer=customer
    )
    assert response.json() == refused(
        f'Customer downloadable product with ID "{grant.pk}" not found'
    )


# --- The fields --------------------------------------------------------------------------------


def test_a_link_has_a_type_and_no_file_name(read, db):
    grant = GrantFactory(asset__title="Film")
    assert read(grant, "type fileName name") == {"type": "url", "fileName": None, "name": "Film"}


def test_an_orders_own_asset_is_named_by_its_title(read, db):
    grant = GrantFactory(line=None, asset__title="Thanks")
    assert read(grant, "productName name") == {"productName": "Thanks", "name": "Thanks"}


def test_unlimited_is_zero_bought_and_null_left(read, db):
    grant = GrantFactory(limit=None, used=12)
    assert read(grant, "downloadBought downloadUsed remainingDownloads status") == {
        "downloadBought": 0,
        "downloadUsed": 12,
        "remainingDownloads": None,
        "status": "available",
    }


def test_what_is_left_is_never_negative(read, db):
    grant = GrantFactory(limit=2, used=5, canceled=1)
    assert read(
        grant, "downloadBought downloadUsed downloadCanceled remainingDownloads status"
    ) == {
        "downloadBought": 2,
        "downloadUsed": 5,
        "downloadCanceled": 1,
        "remainingDownloads": 0,
        "status": "expired",
    }


def test_the_largest_number_still_fits(read, db):
    grant = GrantFactory(limit=2**31 - 1)
    assert read(grant, "downloadBought remainingDownloads") == {
        "downloadBought": 2**31 - 1,
        "remainingDownloads": 2**31 - 1,
    }


def test_bought_is_the_limit_times_the_quantity_and_what_was_added(read, db):
    line = LineFactory(quantity=3, platform_id=7, order__platform_id=70)
    AttachmentFactory(product=line.product, limit=2)
    fulfilment.settle(line.order, at=NOW)
    grant = line.order.grants.get()
    fulfilment.raise_limit(grant, by=4, at=NOW)
    fulfilment.record_refund(line.order.shop, 70, RefundReport(1, NOW, {7: 1}), at=NOW)
    assert read(grant, "downloadBought downloadCanceled remainingDownloads") == {
        "downloadBought": 10,
        "downloadCanceled": 2,
        "remainingDownloads": 8,
    }


STATES = {
    "pending": ({"payment": "pending"}, "pending", "pending"),
    "paid": ({"payment": "paid"}, "completed", "available"),
    "cancelled": ({"cancelled_at": NOW}, "canceled", "expired"),
    "cancelled unpaid": ({"payment": "pending", "cancelled_at": NOW}, "canceled", "expired"),
    "money back": ({"payment": "refunded"}, "closed", "expired"),
    "units back": ({"fully_refunded": True}, "closed", "expired"),
}


@pytest.mark.parametrize(("facts", "order_status", "status"), STATES.values(), ids=STATES)
def test_an_order_speaks_of_itself_in_its_own_words(read, db, facts, order_status, status):
    grant = GrantFactory(order=OrderFactory(**facts))
    shown = read(grant, "status downloadUrl order {status}")
    is_available = status == "available"
    assert (shown["order"]["status"], shown["status"]) == (order_status, status)
    assert (shown["downloadUrl"] is not None) is is_available


CLOSED = {
    "used up": {"limit": 1, "used": 1},
    "past": {"expires_at": NOW},
    "withdrawn": {"withdrawn_at": NOW},
    "asset withdrawn": {"asset__withdrawn_at": NOW},
    "line refunded": {"refunded": True},
    "unlimited, refunded": {"limit": None, "refunded": True},
}


@pytest.mark.parametrize("facts", CLOSED.values(), ids=CLOSED)
def test_what_is_over_is_expired_and_has_no_address(read, db, facts):
    shown = read(GrantFactory(**facts), "status downloadUrl")
    assert shown == {"status": "expired", "downloadUrl": None}


@pytest.mark.parametrize("make", [GrantFactory, make_file_grant], ids=["link", "file"])
def test_an_available_download_has_a_counted_address(client, read, db, make):
    grant = make(order=OrderFactory(shop__link_urls="direct"))
    url = read(grant, "downloadUrl")["downloadUrl"]
    assert url.startswith(f"http://localhost:8000/downloads/{grant.pk}/")
    client.get(url)
    assert read(grant, "downloadUsed") == {"downloadUsed": 1}
    assert read(grant, "downloadUrl")["downloadUrl"] != url


def test_no_plan_is_asked(read, db):
    grant = GrantFactory(order__shop__plan_id="basic")
    shown = read(grant, "status downloadUrl")
    assert shown["status"] == "available"
    assert f"/downloads/{grant.pk}/" in shown["downloadUrl"]


def test_no_header_moves_an_address_to_another_host(client, credentials, db, settings):
    settings.ALLOWED_HOSTS = ["*"]
    grant = GrantFactory()
    response = client.post(
        "/api/graphql",
        {"query": f'{{customerDownloadableProduct(id: "{grant.pk}") {{downloadUrl}}}}'},
        content_type="application/json",
        headers=credentials(grant.order.customer)
        | {"host": "evil.example", "x-forwarded-host": "evil.example"},
    )
    url = response.json()["data"]["customerDownloadableProduct"]["downloadUrl"]
    assert url.startswith(f"http://localhost:8000/downloads/{grant.pk}/")


def test_updated_at_moves_when_a_download_is_spent(client, read, db, frozen):
    grant = make_file_grant()
    url = read(grant, "downloadUrl")["downloadUrl"]
    frozen(NOW + timedelta(hours=1, microseconds=5))
    client.get(url)
    assert read(grant, "createdAt updatedAt downloadUsed") == {
        "createdAt": "2026-03-01T12:00:00+00:00",
        "updatedAt": "2026-03-01T13:00:00+00:00",
        "downloadUsed": 1,
    }


def test_reading_leaves_updated_at_alone(read, db, frozen):
    grant = GrantFactory()
    frozen(NOW + timedelta(hours=1))
    read(grant, "downloadUrl")
    assert read(grant, "updatedAt") == {"updatedAt": "2026-03-01T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("total", "shown"), [("39.90", 39.9), ("0.00", 0.0), ("12345678.01", 12345678.01), (None, None)]
)
def test_a_grand_total_is_a_number(read, db, total, shown):
    grant = GrantFactory(order=OrderFactory(grand_total=total))
    assert read(grant, "order {grandTotal}") == {"order": {"grandTotal": shown}}


def test_a_time_is_written_in_utc_to_the_second():
    east = datetime(2025, 6, 15, 12, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert DateTime.serialize(east) == "2025-06-15T10:30:00+00:00"
