"""What Bagisto's own storefront and mobile app send, in the shape in which they send it."""

import json

import pytest

from downloads import fulfilment
from downloads.models import Account, Customer, Grant
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import (
    NOW,
    CustomerFactory,
    GrantFactory,
    LinkFactory,
    OrderFactory,
    ShopFactory,
    make_file_grant,
)
from tests.storefront.conftest import FACE_B

IRI = "/api/shop/customers/"
ADA = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com"}
PASSWORD = "seventeen blue horses"
REGISTERED = ADA | {"password": PASSWORD, "confirmPassword": PASSWORD}
# A caller would be verified, and open, if it were theirs to say.
STATE = {"status": "1", "isVerified": "1", "isSuspended": "0", "subscribedToNewsLetter": True}
PERSONAL = {"phone": "+44 20 7946 0000", "gender": "Female", "dateOfBirth": "1815-12-10"}
DEVICE = {"deviceToken": "fcm:" + "d" * 150}

LOGIN = """mutation loginCustomer($input: createCustomerLoginInput!) {
  createCustomerLogin(input: $input) {
    customerLogin { id _id apiToken token success message __typename }
    __typename
  }
}"""
LOGOUT = """mutation logoutCustomer($input: createLogoutInput!) {
  createLogout(input: $input) { logout { success message __typename } __typename }
}"""
VERIFY = """mutation verifyCustomer($input: createVerifyTokenInput!) {
  createVerifyToken(input: $input) {
    verifyToken { id firstName lastName email isValid message __typename }
    clientMutationId
    __typename
  }
}"""
REGISTER = """mutation registerCustomer($input: createCustomerInput!) {
  createCustomer(input: $input) {
    customer {
      id firstName lastName email phone status apiToken customerGroupId subscribedToNewsLetter
      isVerified isSuspended token rememberToken name __typename
    }
    __typename
  }
}"""
FORGOT = """mutation forgotPassword($email: String!) {
  createForgotPassword(input: { email: $email }) {
    forgotPassword { success message __typename } __typename
  }
}"""
FORGOT_BY_INPUT = """mutation forgotPassword($input: createForgotPasswordInput!) {
  createForgotPassword(input: $input) { forgotPassword { success message } }
}"""
LIST = """query purchased($first: Int, $after: String, $last: Int, $before: String,
    $status: String) {
  customerDownloadableProducts(
    first: $first, after: $after, last: $last, before: $before, status: $status
  ) {
    edges {
      cursor
      node {
        _id productName name fileName type downloadBought downloadUsed downloadCanceled status
        remainingDownloads downloadUrl createdAt updatedAt
        order { _id incrementId status __typename }
        __typename
      }
      __typename
    }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage __typename }
    totalCount
    __typename
  }
}"""
ME = """query me($id: ID) {
  readCustomerProfile(id: $id) {
    id firstName lastName email dateOfBirth gender phone status subscribedToNewsLetter isVerified
    image __typename
  }
}"""
ME_ALONE = "query me { readCustomerProfile { id _id email __typename } }"


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def send(client, shop):
    """Return a function that sends a document as the two clients do, and returns the answer."""
    _row, key = StorefrontKey.issue(shop, name="Storefront")

    def post(document, variables=None, *, bearer=None):
        name = document.split("(")[0].split("{")[0].split()[1]
        body = {"operationName": name, "variables": variables or {}, "query": document}
        headers = {"X-Storefront-Key": key, "Accept": "*/*", "X-Channel": "default"}
        headers |= {"X-Locale": "en", "X-Currency": "USD"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return client.post(FACE_B, json.dumps(body), "application/json", headers=headers)

    return post


@pytest.fixture
def data(send):
    """Return a function that sends a document and returns its one root field."""

    def ask(document, variables=None, *, bearer=None):
        response = send(document, variables, bearer=bearer)
        assert response.status_code == 200
        assert list(response.json()) == ["data"]
        [field] = response.json()["data"].values()
        return field

    return ask


@pytest.fixture
def ada(shop):
    return CustomerFactory(shop=shop, first_name="Ada", last_name="Lovelace", email=ADA["email"])


@pytest.fixture
def bearer(ada):
    return CustomerToken.issue(ada, at=NOW)[1]


# --- Registered ----------------------------------------------------------------------------------

SENT = {
    "the web": REGISTERED | STATE,
    "the app": REGISTERED | STATE | PERSONAL | DEVICE,
    "left empty": REGISTERED | dict.fromkeys((*PERSONAL, *DEVICE), ""),
    "null": REGISTERED | dict.fromkeys((*STATE, *PERSONAL, *DEVICE)),
    "the other state": REGISTERED | {"status": "0", "isVerified": "0", "isSuspended": "1"},
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_registration_is_taken_and_sets_no_state(data, sent):
    nothing = ("id", "phone", "status", "apiToken", "customerGroupId", "subscribedToNewsLetter")
    nothing += ("isVerified", "isSuspended", "token", "rememberToken")
    told = ADA | {"name": "Ada Lovelace", "__typename": "RegisteredCustomer"}
    assert data(REGISTER, {"input": sent}) == {
        "customer": told | dict.fromkeys(nothing),
        "__typename": "createCustomerPayload",
    }
    account = Account.objects.get()
    assert (account.confirmed_at, account.customer, Customer.objects.count()) == (None, None, 0)


def test_what_was_sent_besides_leaves_no_trace(data):
    data(REGISTER, {"input": REGISTERED | STATE | PERSONAL | DEVICE})
    [row] = Account.objects.values()
    kept = {str(value) for value in row.values()}
    assert kept.isdisjoint({*PERSONAL.values(), *DEVICE.values()})


def test_a_state_that_is_sent_brings_no_orders(data, shop):
    GrantFactory(order__shop=shop, order__customer__email=ADA["email"])
    data(REGISTER, {"input": REGISTERED | STATE})
    entered = {"email": ADA["email"], "password": PASSWORD}
    bearer = data(LOGIN, {"input": entered})["customerLogin"]["token"]
    assert data(LIST, bearer=bearer)["totalCount"] == 0


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (
            {"password": "abc123", "confirmPassword": "abc123"},
            "This password is too short. It must contain at least 8 characters. "
            "This password is too common.",
        ),
        (
            {"password": "Xk3_q9", "confirmPassword": "Xk3_q9"},
            "This password is too short. It must contain at least 8 characters.",
        ),
        ({"confirmPassword": "another"}, "The two passwords are not the same."),
    ],
)
def test_a_form_that_is_refused_says_why_in_a_sentence(send, sent, why):
    response = send(REGISTER, {"input": REGISTERED | STATE | sent})
    [error] = response.json()["errors"]
    assert (response.status_code, error["message"]) == (200, why)
    assert not Account.objects.exists()


@pytest.mark.parametrize("sent", [{"status": 1}, {"isVerified": True}, {"phone": ["1"]}])
def test_what_has_another_type_is_named(send, sent):
    [error] = send(REGISTER, {"input": REGISTERED | sent}).json()["errors"]
    [field] = sent
    assert f"at 'input.{field}'; String cannot represent a non string value" in error["message"]


# --- Signed in, verified, signed out -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("device", [{}, DEVICE, {"deviceToken": None}, {"deviceToken": ""}])
def test_a_whole_session(data, device):
    data(REGISTER, {"input": REGISTERED | STATE})
    login = data(LOGIN, {"input": {"email": ADA["email"], "password": PASSWORD} | device})
    row = CustomerToken.objects.get()
    signed_in = login["customerLogin"]
    bearer = signed_in.pop("token")
    assert (login["__typename"], signed_in) == (
        "createCustomerLoginPayload",
        {
            "id": f"{IRI}{row.customer_id}",
            "_id": row.customer_id,
            "apiToken": None,
            "success": True,
            "message": "Signed in",
            "__typename": "CustomerLogin",
        },
    )
    assert data(VERIFY, {"input": {"clientMutationId": "v1"}}, bearer=bearer) == {
        "verifyToken": {
            "id": f"{IRI}{row.customer_id}",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "email": ADA["email"],
            "isValid": True,
            "message": "The token is valid",
            "__typename": "VerifiedToken",
        },
        "clientMutationId": "v1",
        "__typename": "createVerifyTokenPayload",
    }
    assert data(LOGOUT, {"input": device}, bearer=bearer) == {
        "logout": {"success": True, "message": "Signed out", "__typename": "Logout"},
        "__typename": "createLogoutPayload",
    }
    verified = data(VERIFY, {"input": {}}, bearer=bearer)["verifyToken"]
    assert (verified["isValid"], verified["id"]) == (False, None)


def test_a_wrong_password_has_no_token_of_either_name(data, shop):
    entered = {"email": ADA["email"], "password": "abc123"} | DEVICE
    assert data(LOGIN, {"input": entered})["customerLogin"] == {
        "id": None,
        "_id": 0,
        "apiToken": None,
        "token": "",
        "success": False,
        "message": "Invalid email or password",
        "__typename": "CustomerLogin",
    }


def test_a_forgotten_password_is_asked_for_in_both_ways(data, shop):
    one = data(FORGOT, {"email": ADA["email"]})["forgotPassword"]
    other = data(FORGOT_BY_INPUT, {"input": {"email": ADA["email"]}})["forgotPassword"]
    assert (one.pop("__typename"), one) == ("ForgottenPassword", other)
    assert one["success"] is True


# --- Listed --------------------------------------------------------------------------------------


def test_the_first_page_is_asked_with_nulls(data, ada, bearer):
    order = OrderFactory(shop=ada.shop, customer=ada, number=1050)
    grant = make_file_grant(name="book.epub", order=order, limit=10, used=3)
    nulls = dict.fromkeys(("after", "last", "before", "status"))
    page = data(LIST, {"first": 10} | nulls, bearer=bearer)
    [edge] = page["edges"]
    node = edge["node"]
    assert f"/downloads/{grant.pk}/" in node.pop("downloadUrl")
    assert node == {
        "_id": grant.pk,
        "productName": grant.line.product.name,
        "name": grant.asset.title,
        "fileName": "book.epub",
        "type": "file",
        "downloadBought": 10,
        "downloadUsed": 3,
        "downloadCanceled": 0,
        "status": "available",
        "remainingDownloads": 7,
        "createdAt": NOW.isoformat(),
        "updatedAt": NOW.isoformat(),
        "order": {
            "_id": order.pk,
            "incrementId": "1050",
            "status": "completed",
            "__typename": "CustomerOrder",
        },
        "__typename": "CustomerDownloadableProduct",
    }
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (1, False)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "limit"), [(2, 10), (7, 10), (3, 25), (2, 50)])
def test_a_jump_to_a_page_asks_for_all_before_it(data, ada, bearer, page, limit):
    order = OrderFactory(shop=ada.shop, customer=ada)
    assets = LinkFactory.create_batch(70, shop=ada.shop)
    Grant.objects.bulk_create(
        GrantFactory.build(order=order, asset=asset, line=None) for asset in assets
    )
    newest_first = list(Grant.objects.order_by("-pk").values_list("pk", flat=True))
    before = data(LIST, {"first": (page - 1) * limit, "after": None}, bearer=bearer)
    after = before["pageInfo"]["endCursor"]
    shown = data(LIST, {"first": limit, "after": after}, bearer=bearer)
    numbers = [edge["node"]["_id"] for edge in shown["edges"]]
    assert numbers == newest_first[(page - 1) * limit : page * limit]
    assert shown["totalCount"] == 70


def test_five_hundred_are_asked_for_in_as_many_queries(
    send, ada, bearer, django_assert_num_queries
):
    order = OrderFactory(shop=ada.shop, customer=ada)
    GrantFactory.create_batch(3, order=order)
    send(LIST, {"first": 1}, bearer=bearer)  # notes the use of key and bearer
    for first in (1, 500):
        with django_assert_num_queries(4):
            send(LIST, {"first": first}, bearer=bearer)


@pytest.mark.parametrize("first", [501, 990, 0, -10])
def test_a_page_too_far_away_is_told(send, bearer, first):
    response = send(LIST, {"first": first, "after": None}, bearer=bearer)
    [error] = response.json()["errors"]
    assert (response.status_code, error["message"]) == (200, '"first" must be between 1 and 500')
    assert response.json()["data"] == {"customerDownloadableProducts": None}


def test_several_lists_that_ask_for_too_much_ask_no_database(
    send, bearer, django_assert_num_queries
):
    asked = "customerDownloadableProducts(first: 300) { totalCount }"
    document = f"query many {{ a: {asked} b: {asked} }}"
    send(document, bearer=bearer)  # notes the key's use
    with django_assert_num_queries(1):  # the key
        response = send(document, bearer=bearer)
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "All lists together may ask for at most 500 nodes; these ask for 600. "
                "Please ask for less in one request.",
                "locations": [{"line": 1, "column": 1}],
            }
        ]
    }


# --- Who is signed in ----------------------------------------------------------------------------

UNAUTHENTICATED = "Unauthenticated. Please login to perform this action"


FORMS = {"none": None, "text": str, "number": int, "zeros": "00{}".format}
FORMS |= {"IRI": f"{IRI}{{}}".format}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_who_is_signed_in_is_told(data, ada, bearer, form):
    variables = {"id": form and form(ada.pk)}
    nothing = ("dateOfBirth", "gender", "phone", "status", "subscribedToNewsLetter")
    assert data(ME, variables, bearer=bearer) == ADA | {
        "id": f"{IRI}{ada.pk}",
        "__typename": "CustomerProfile",
    } | dict.fromkeys((*nothing, "isVerified", "image"))


def test_who_is_signed_in_is_told_without_an_id(data, ada, bearer):
    told = {"id": f"{IRI}{ada.pk}", "_id": ada.pk, "email": ADA["email"]}
    assert data(ME_ALONE, bearer=bearer) == told | {"__typename": "CustomerProfile"}
    assert data(ME, bearer=bearer)["id"] == told["id"]


def test_who_is_signed_in_and_not_confirmed_is_told_as_they_registered(data, shop):
    data(REGISTER, {"input": REGISTERED})
    entered = {"email": ADA["email"], "password": PASSWORD}
    bearer = data(LOGIN, {"input": entered})["customerLogin"]["token"]
    told = data(ME, bearer=bearer)
    assert {name: told[name] for name in ADA} == ADA


@pytest.mark.slow
def test_any_other_id_is_not_found_whosever_it_is(send, ada, bearer):
    other = CustomerFactory(shop=ada.shop)
    elsewhere = CustomerFactory(email=ADA["email"])
    numbers = (other.pk, elsewhere.pk, elsewhere.pk + 1, 2**63 - 1, 2**63, 0)
    ids = [form(number) for number in numbers for form in (str, "00{}".format, f"{IRI}{{}}".format)]
    ids += [other.pk, 999, "", "ada", f"-{ada.pk}", f"{ada.pk} ", f"{ada.pk}.0", IRI]
    ids += [f"/api/shop/orders/{ada.pk}", f"{IRI}{IRI}{ada.pk}", f"{IRI}{ada.pk}/", ADA["email"]]
    answers = {send(ME, {"id": sent}, bearer=bearer).content for sent in ids}
    assert answers == {
        b'{"errors":[{"message":"Customer profile not found",'
        b'"locations":[{"line":2,"column":3}],"path":["readCustomerProfile"]}],'
        b'"data":{"readCustomerProfile":null}}'
    }


@pytest.mark.parametrize("sent", [{}, {"id": "1"}, {"id": "nobody"}])
def test_nobody_is_told_without_a_bearer(send, shop, sent):
    answer = send(ME, sent).json()
    [error] = answer["errors"]
    assert (error["message"], answer["data"]) == (UNAUTHENTICATED, {"readCustomerProfile": None})


def test_a_bearer_of_another_shop_tells_nobody(send, shop):
    _row, bearer = CustomerToken.issue(CustomerFactory(), at=NOW)
    [error] = send(ME, bearer=bearer).json()["errors"]
    assert error["message"] == UNAUTHENTICATED


def test_an_erased_customer_is_told_to_nobody(send, ada, bearer):
    fulfilment.erase_customer(ada, at=NOW)
    [error] = send(ME, {"id": ada.pk}, bearer=bearer).json()["errors"]
    assert error["message"] == UNAUTHENTICATED
