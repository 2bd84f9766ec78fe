"""The page behind an invitation's link, and the one inside the admin for who signs in already."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from downloads import fulfilment
from downloads.fulfilment.people.memberships import KNOWN
from downloads.models import AuditEntry, Invitation, Membership
from tests.factories import NOW, ShopFactory
from tests.storefront.conftest import PAGE, POLICY, Page, headers_of, policy_of

MAIL = "ada@example.com"
OWN = "seventeen blue horses"
SPENT = [
    "This link was used already, is too old, or was not copied whole.",
    "If you have accepted it, sign in. If not, ask whoever invited you for another one.",
]


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


@pytest.fixture
def token(shop):
    return fulfilment.memberships.invite(shop, MAIL, "manager", at=NOW)[1]


@pytest.fixture
def choose(client, token):
    """Return a function that sends the form, by default with a good password twice."""

    def send(password=OWN, again=None):
        entered = {"password": password, "again": password if again is None else again}
        return client.post(f"/invitations/{token}", entered)

    return send


def signed_in(name=MAIL, **user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user(name, **{"is_staff": True} | user))
    return client


def inside(token):
    return f"/admin/downloads/invitation/accept/{token}/"


def press(client, token):
    """Send the form of the page inside the admin, as a browser does."""
    page = Page(client.get(inside(token)))
    fields = {attrs.get("name"): attrs.get("value") for tag, attrs in page.tags if tag == "input"}
    return client.post(inside(token), {"csrfmiddlewaretoken": fields["csrfmiddlewaretoken"]})


def everything():
    tables = (Invitation, Membership, User, AuditEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def is_spent(response):
    page = Page(response)
    return (response.status_code, page.texts["h1"], page.texts["p"]) == (
        404,
        ["This invitation no longer works"],
        SPENT,
    )


# --- Somebody new --------------------------------------------------------------------------------


def test_a_look_shows_the_form_and_changes_nothing(client, token):
    before = everything()
    response = client.get(f"/invitations/{token}")
    assert client.head(f"/invitations/{token}").content == b""
    page = Page(response)
    assert (response.status_code, page.texts["h1"]) == (200, ["You are invited"])
    assert page.texts["shop"] == ["My store"]
    assert (page.texts["p"][0], page.texts["strong"]) == (
        "My store asks you to work for it as",
        ["manager", MAIL],
    )
    fields = {attrs["name"]: attrs for tag, attrs in page.tags if tag == "input"}
    assert {name: attrs["type"] for name, attrs in fields.items()} == {
        "email": "email",
        "password": "password",
        "again": "password",
    }
    assert fields["email"]["value"] == MAIL
    assert "action" not in dict(page.tags)["form"]
    assert everything() == before


def test_a_good_password_opens_the_admin_and_signs_nobody_in(client, choose, shop):
    response = choose()
    assert (response.status_code, Page(response).texts["h1"]) == (200, ["You are in"])
    assert client.cookies == {}
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    entered = {"username": MAIL, "password": OWN}
    assert client.post("/admin/login/?next=/admin/", entered)["Location"] == "/admin/"
    assert Membership.objects.values_list("shop", "role").get() == (shop.pk, "manager")


def test_the_audit_trail_says_who_accepted_and_from_where(client, token):
    entered = {"password": OWN, "again": OWN}
    sent = {"User-Agent": "Firefox"}
    client.post(f"/invitations/{token}", entered, headers=sent, REMOTE_ADDR="198.51.100.7")
    entry = AuditEntry.objects.get(what="Accepted an invitation")
    assert (entry.actor, entry.address, entry.program) == (MAIL, "198.51.100.7", "Firefox")


@pytest.mark.parametrize(
    ("password", "again", "complaint"),
    [
        (OWN, OWN + "!", "The two passwords are not the same."),
        ("password", "password", "This password is too common."),
        (MAIL, MAIL, "The password is too similar to the username."),
    ],
)
def test_a_password_that_will_not_do_is_told_and_uses_nothing_up(
    choose, password, again, complaint
):
    before = everything()
    response = choose(password, again)
    assert response.status_code == 400
    assert complaint in Page(response).texts["notice"][0]
    assert everything() == before
    assert choose().status_code == 200


def test_every_link_that_opens_nothing_is_answered_alike(client, choose, shop, token, frozen):
    assert choose().status_code == 200
    _, ended = fulfilment.memberships.invite(
        shop, "late@example.com", "owner", at=NOW - timedelta(days=7)
    )
    _, withdrawn = fulfilment.memberships.invite(shop, "out@example.com", "owner", at=NOW)
    fulfilment.memberships.withdraw(Invitation.objects.filter(email="out@example.com"))
    before = everything()
    for each in (token, ended, withdrawn, "never", "x" * 500):
        assert is_spent(client.get(f"/invitations/{each}"))
        assert is_spent(client.post(f"/invitations/{each}", {"password": OWN, "again": OWN}))
    assert everything() == before


def test_guessing_is_slowed(client, db, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 2
    answers = [client.get(f"/invitations/{number}").status_code for number in range(3)]
    assert answers == [404, 404, 429]


def test_every_answer_is_private_and_sets_no_cookie(client, token, choose):
    path = f"/invitations/{token}"
    answers = [client.get(path), client.head(path), choose("x"), choose(), client.get(path)]
    assert [answer.status_code for answer in answers] == [200, 200, 400, 200, 404]
    for answer in answers:
        assert headers_of(answer) == PAGE
        assert policy_of(answer) == POLICY
        assert answer.cookies == {}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_no_other_method_is_answered(client, token, method):
    response = getattr(client, method)(f"/invitations/{token}")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


# --- Somebody who signs in already ---------------------------------------------------------------


@pytest.mark.parametrize("known", [{"username": "ADA@Example.com"}, {"email": "Ada@example.com"}])
def test_whoever_signs_in_already_is_led_to_the_sign_in(client, token, choose, known):
    User.objects.create_user(**({"username": "ada"} | known), password="open sesame 9")
    before = everything()
    for response, status in ((client.get(f"/invitations/{token}"), 200), (choose(), 400)):
        assert response.status_code == status
        assert dict(Page(response).tags)["a"]["href"] == inside(token)
    assert Page(response).texts["notice"] == [KNOWN]
    assert everything() == before
    assert client.get(inside(token))["Location"] == f"/admin/login/?next={inside(token)}"


def test_a_look_does_not_tell_whether_the_address_signs_in(client, token):
    stranger = client.get(f"/invitations/{token}").content
    User.objects.create_user("ada", email=MAIL)
    assert client.get(f"/invitations/{token}").content == stranger


def test_one_press_accepts(shop, token):
    client = signed_in()
    response = press(client, token)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert "You work for My store now, as manager." in client.get("/admin/").content.decode()
    assert Membership.objects.values_list("user__username", "shop", "role").get() == (
        MAIL,
        shop.pk,
        "manager",
    )
    again = client.get(inside(token))
    assert again.status_code == 404
    assert "was used already" in again.content.decode()


def test_nothing_is_accepted_without_the_form_of_the_page(token):
    client = signed_in()
    before = everything()
    assert client.get(inside(token)).status_code == 200
    assert client.post(inside(token)).status_code == 403
    assert everything() == before


def test_somebody_else_is_told_so(shop, token):
    client = Client()
    user = User.objects.create_user("grace", is_staff=True)
    Membership.objects.create(shop=ShopFactory(), user=user, role="owner")
    client.force_login(user)
    before = everything()
    for response in (client.get(inside(token)), client.post(inside(token))):
        assert response.status_code == 403
        assert (
            f"This invitation is for <strong><bdi>{MAIL}</bdi></strong>"
            in response.content.decode()
        )
    assert everything() == before


@pytest.mark.parametrize("user", [{"is_staff": False}, {"is_active": False}])
def test_who_may_not_sign_in_to_the_admin_accepts_nothing(token, user):
    client, before = signed_in(**user), everything()
    # Whose form it is would be asked first; who asks is what counts here.
    client.handler.enforce_csrf_checks = False
    for response in (client.get(inside(token)), client.post(inside(token))):
        assert response["Location"] == f"/admin/login/?next={inside(token)}"
    assert everything() == before
