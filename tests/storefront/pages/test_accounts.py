"""The page behind a mailed link, where the owner of an address chooses a password."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from downloads import fulfilment
from downloads.models import Account
from storefront.models import CustomerToken
from storefront.signed_urls import account_url, ticket_url
from tests.factories import NOW, OrderFactory, ShopFactory
from tests.storefront.conftest import PAGE, POLICY, Page, headers_of, policy_of

MAIL = "ada@example.com"
STRANGERS = "first come, first served"
OWN = "seventeen blue horses"
HOURS = timedelta(hours=1)
UNEQUAL = "The two passwords are not the same."
SPENT = [
    "This link was used already, is too old, or was not copied whole.",
    "If you set a password with it, sign in at the shop. If not, choose “forgot password” there: "
    "a new link is mailed to you.",
]


@pytest.fixture
def account(db):
    return registered(MAIL)


def registered(email, shop=None):
    shop = shop or ShopFactory(name="My store")
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    fulfilment.register(shop, at=NOW, email=email, password=STRANGERS, **names)
    return Account.objects.get(email=email)


def path_of(account, *, at=NOW):
    account.refresh_from_db()
    return account_url(account, at=at).removeprefix("http://localhost:8000")


def everything():
    return list(Account.objects.values()), list(CustomerToken.objects.values())


@pytest.fixture
def choose(client, account):
    """Return a function that sends the form, by default with a good password twice."""
    path = path_of(account)

    def send(password=OWN, again=None, **sent):
        entered = {"password": password, "again": password if again is None else again}
        return client.post(path, entered | sent)

    return send


def is_spent(response):
    """Say whether this is the one page for every link that opens nothing."""
    page = Page(response)
    return (response.status_code, page.texts["h1"], page.texts["p"]) == (
        404,
        ["This link no longer works"],
        SPENT,
    )


# --- Looking -------------------------------------------------------------------------------------


def test_a_look_shows_the_form_and_changes_nothing(client, account):
    path, before = path_of(account), everything()
    for _ in range(3):
        response = client.get(path)
        assert client.head(path).content == b""
    page = Page(response)
    assert (response.status_code, page.texts["h1"]) == (200, ["Choose a password"])
    assert page.texts["shop"] == ["My store"]
    fields = {attrs["name"]: attrs for tag, attrs in page.tags if tag == "input"}
    assert list(fields) == ["email", "password", "again"]
    assert [fields[name]["type"] for name in fields] == ["email", "password", "password"]
    assert fields["email"]["value"] == MAIL
    labelled = [attrs["for"] for tag, attrs in page.tags if tag == "label"]
    assert labelled == [fields[name]["id"] for name in ("password", "again")]
    assert page.texts["label"] == ["New password", "The same again"]
    assert "action" not in dict(page.tags)["form"]
    assert everything() == before


@pytest.mark.parametrize("headers", [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch"}])
def test_a_prefetch_changes_nothing(client, account, headers):
    before = everything()
    assert client.get(path_of(account), headers=headers).status_code == 200
    assert everything() == before


def test_every_answer_is_private_and_sets_no_cookie(client, account, choose):
    path = path_of(account)
    answers = [client.get(path), client.head(path), choose("x"), choose(), client.get(path)]
    assert [answer.status_code for answer in answers] == [200, 200, 400, 200, 404]
    for answer in answers:
        assert headers_of(answer) == PAGE
        assert policy_of(answer) == POLICY
        assert answer.cookies == {}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_no_other_method_is_answered(client, account, method):
    response = getattr(client, method)(path_of(account))
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


# --- Choosing ------------------------------------------------------------------------------------


def test_a_good_password_confirms_the_address(choose, account):
    order = OrderFactory(shop=account.shop, customer__email=MAIL)
    response = choose()
    page = Page(response)
    assert (response.status_code, page.texts["h1"]) == (200, ["Your password is set"])
    account.refresh_from_db()
    assert (account.confirmed_at, account.customer) == (NOW, order.customer)
    assert fulfilment.require_password(account.shop, email=MAIL, password=OWN) == account


def test_it_needs_no_cookie_and_no_referrer(account):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path_of(account), {"password": OWN, "again": OWN}).status_code == 200


def test_all_earlier_bearers_are_closed_with_the_password(choose, account, client):
    password = fulfilment.require_password(account.shop, email=MAIL, password=STRANGERS)
    customer = fulfilment.sign_in(password, at=NOW)
    CustomerToken.issue(customer, at=NOW)
    other = CustomerToken.issue(OrderFactory(shop=account.shop).customer, at=NOW)[0]
    choose()
    assert list(CustomerToken.objects.usable(NOW)) == [other]
    mine = CustomerToken.issue(customer, at=NOW)[0]
    client.post(path_of(account), {"password": STRANGERS, "again": STRANGERS})
    mine.refresh_from_db()
    assert mine.revoked_at == NOW


def test_a_bearer_that_cannot_be_closed_leaves_the_password_as_it_was(choose, account, monkeypatch):
    def fail(*_given):
        raise RuntimeError

    monkeypatch.setattr("storefront.models.CustomerToken.objects._queryset_class.sign_out", fail)
    before = everything()
    with pytest.raises(RuntimeError):
        choose()
    assert everything() == before


@pytest.mark.parametrize(
    ("password", "again", "complaint"),
    [
        (OWN, OWN + " ", UNEQUAL),
        (OWN, "", UNEQUAL),
        ("", "", "This password is too short. It must contain at least 8 characters."),
        (
            "blue-h1",
            "blue-h1",
            "This password is too short. It must contain at least 8 characters.",
        ),
        ("password1", "password1", "This password is too common."),
        (MAIL, MAIL, "The password is too similar to the mail address."),
    ],
)
def test_a_bad_password_shows_the_form_again_with_the_complaint(
    choose, account, password, again, complaint
):
    before = everything()
    response = choose(password, again)
    page = Page(response)
    assert (response.status_code, page.texts["notice"]) == (400, [complaint])
    fields = {attrs["name"]: attrs for tag, attrs in page.tags if tag == "input"}
    for name, described in (("password", "complaint rule"), ("again", "complaint")):
        assert fields[name]["aria-describedby"] == described
        assert fields[name]["aria-invalid"] == "true"
        assert "value" not in fields[name]
    assert dict(page.tags)["title"] == {}
    assert everything() == before


def test_a_form_without_its_fields_is_a_bad_password(client, account):
    assert client.post(path_of(account)).status_code == 400
    body = "password=" + "x" * 10_000
    kind = "application/x-www-form-urlencoded"
    assert client.post(path_of(account), body, content_type=kind).status_code == 400
    for odd in ("multipart/form-data", "application/json", f"{kind}; charset=utf-16", ""):
        sent = client.generic("POST", path_of(account), b"\xff\0\xed\xa0\x80", content_type=odd)
        assert sent.status_code == 400
    assert Account.objects.get().confirmed_at is None


@pytest.mark.parametrize(
    "password", ["x" * 10_000, "\0" * 9, "<script>alert(1)</script>", "😀" * 9]
)
def test_any_good_password_is_taken_and_never_told(choose, account, logged, password):
    answers = [choose(password, password + "?"), choose(password)]
    assert [answer.status_code for answer in answers] == [400, 200]
    for answer in answers:
        assert password not in answer.content.decode()
    assert password not in "".join(logged())
    assert fulfilment.require_password(account.shop, email=MAIL, password=password) == account


def test_words_of_others_are_escaped(client, db):
    account = registered('"<b>"@example.com', ShopFactory(name="<i>Shop"))
    for response in (
        client.get(path_of(account)),
        client.post(path_of(account), {"password": OWN, "again": OWN}),
    ):
        assert b"<b>" not in response.content
        assert b"<i>" not in response.content


# --- Links that open nothing ---------------------------------------------------------------------


def test_a_link_works_once(client, account):
    path = path_of(account)
    other = path_of(account, at=NOW + HOURS)
    client.post(path, {"password": OWN, "again": OWN})
    before = everything()
    for used in (path, other):
        assert is_spent(client.get(used))
        assert is_spent(client.post(used, {"password": STRANGERS, "again": STRANGERS}))
    assert everything() == before


def test_a_link_lasts_as_long_as_the_settings_say(client, account, frozen, settings):
    settings.ACCOUNT_TICKET_HOURS = 5
    path = path_of(account)
    frozen(NOW + 5 * HOURS - timedelta(seconds=1))
    assert client.get(path).status_code == 200
    frozen(NOW + 5 * HOURS)
    assert is_spent(client.get(path))
    assert is_spent(client.post(path, {"password": OWN, "again": OWN}))


def test_a_forgotten_account_has_no_page(client, account):
    path = path_of(account)
    account.delete()
    assert is_spent(client.get(path))


def test_a_bent_link_opens_nothing(client, account):
    path = path_of(account)
    other = path_of(registered("grace@example.com"))
    number, end, state, signature = path.removeprefix("/accounts/").split(".")
    others = other.removeprefix("/accounts/").split(".")
    bent = {
        "another's state": [number, end, others[2], signature],
        "another's number": [others[0], end, state, signature],
        "a later end": [number, str(int(end) + 1), state, signature],
        "another's signature": [number, end, state, others[3]],
        "no signature": [number, end, state],
        "a part more": [number, end, state, "x", signature],
        "cut off": [number, end, state, signature[:-1]],
        "nothing": ["x"],
        "odd letters": ["é\u200f%00%ED%A0%80"],
        "long": ["x" * 5_000],
    }
    for name, parts in bent.items():
        for answer in (client.get, client.post):
            assert is_spent(answer(reverse("account", args=[".".join(parts)]))), name
    assert not Account.objects.exclude(confirmed_at=None).exists()


def test_a_link_to_an_order_is_none_to_an_account(client, account):
    ticket = ticket_url(OrderFactory(shop=account.shop)).rpartition("/")[2]
    assert is_spent(client.get(f"/accounts/{ticket}"))
    own = path_of(account).rpartition("/")[2]
    assert client.get(f"/orders/{own}").status_code == 404


def test_links_that_open_nothing_count_as_misses_and_others_do_not(client, account, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 3
    path = path_of(account)
    for _ in range(5):
        assert client.get(path).status_code == 200
        client.post(path, {"password": "x"})
    misses = [client.get("/accounts/none").status_code for _ in range(2)]
    misses += [client.post("/accounts/none").status_code for _ in range(2)]
    assert misses == [404, 404, 404, 429]
    assert client.get(path).status_code == 200


def test_a_ticket_stands_in_no_log(client, account, logged):
    path = path_of(account)
    client.post(path, {"password": "x", "again": "x"})
    client.post(path, {"password": OWN, "again": OWN})
    client.get(path)
    assert len(logged()) >= 2
    assert path.rpartition("/")[2] not in "".join(logged())
