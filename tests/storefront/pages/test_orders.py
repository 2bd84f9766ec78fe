"""The download page, the front page, the probes and the error pages."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Grant, Shop
from storefront.signed_urls import ticket_url
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    make_file_grant,
)
from tests.round_trips import counted_round_trips
from tests.storefront.conftest import (
    PAGE,
    POLICY,
    TOKEN,
    Page,
    counted,
    headers_of,
    policy_of,
)

URL = f"/orders/{TOKEN}"
NOT_FOUND = [
    "No order matches this link.",
    "Open your order page again, from the shop's mail or your account, and download there.",
]
FOOTER = (
    "One click counts as one download. If it breaks off, let your browser resume it, or press the "
    "same button again soon: that is free. Reload this page to see the new count."
)


@pytest.fixture
def order(db):
    return OrderFactory(token=TOKEN, number=1050, shop__name="my-store")


@pytest.fixture
def show(client, order):
    """Return a function that opens the order's page and takes it apart."""

    def read():
        response = client.get(URL)
        assert response.status_code == 200
        return Page(response)

    return read


# --- Who may open it ---------------------------------------------------------------------------


def test_a_token_opens_the_page(show):
    page = show()
    assert page.texts["shop"] == ["my-store"]
    assert page.texts["h1"] == ["Download files for your orders"]
    assert page.texts["number"] == ["Order 1050"]
    assert page.texts["title"] == ["Download files for your orders – my-store"]


def test_a_ticket_opens_the_same_page(client, order):
    ticket = ticket_url(order)
    assert ticket.startswith("http://localhost:8000/orders/")
    assert client.get(ticket).content == client.get(URL).content


def test_a_ticket_opens_the_page_of_an_order_without_a_token(client, db):
    response = client.get(ticket_url(OrderFactory(token=None, number=77)))
    assert Page(response).texts["number"] == ["Order 77"]


def test_a_revoked_ticket_is_404_and_a_new_one_opens(client, order):
    old = ticket_url(order)
    fulfilment.revoke_tickets(order)
    assert client.get(old).status_code == 404
    order.refresh_from_db()
    assert client.get(ticket_url(order)).status_code == 200
    assert client.get(URL).status_code == 200


def test_a_tickets_end_is_its_own_orders_alone(client, order):
    other = ticket_url(OrderFactory(shop=order.shop))
    fulfilment.revoke_tickets(order)
    assert client.get(other).status_code == 200


def test_what_opens_nothing_is_the_same_404(client, order):
    ticket = ticket_url(order).rpartition("/")[2]
    number, revision, signature = ticket.split(".")
    wrong = [
        "f" * 32,
        TOKEN[:-1],
        TOKEN.upper(),
        f"{TOKEN}%00",
        "short",
        "%20",
        order.token_hash,
        str(order.pk),
        f"{number}.{revision}",
        f"{int(number) + 1}.{revision}.{signature}",
        f"{number}.{int(revision) + 1}.{signature}",
        f"{ticket}x",
        "a" * 2_000,
    ]
    answers = {}
    for text in wrong:
        response = client.get(f"/orders/{text}")
        answers[text] = response.status_code, headers_of(response), response.content
    assert answers == dict.fromkeys(wrong, (404, PAGE, response.content))
    assert Page(response).texts["h1"] == ["Not found"]
    assert Page(response).texts["p"] == NOT_FOUND


def test_no_text_at_all_is_404(client, order):
    assert client.get("/orders/").status_code == 404
    assert client.get("/orders").status_code == 404


def test_misses_share_one_minute_with_face_a(client, order, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 2
    assert client.get("/api/v2/customer-account-orders").status_code == 404
    assert client.get("/orders/wrong").status_code == 404
    response = client.get("/orders/wrong")
    assert response.status_code == 429
    assert headers_of(response) == PAGE | {"retry-after": "60"}
    page = Page(response)
    assert page.texts["h1"] == ["Too many tries"]
    assert page.texts["p"] == [
        "Too many requests came from your connection within a minute.",
        "Wait 60 seconds, then try again.",
    ]
    assert client.get(URL).status_code == 200


def test_a_bent_ticket_is_a_miss(client, order, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 0
    assert client.get(ticket_url(order) + "x").status_code == 429
    fulfilment.revoke_tickets(order)
    assert client.get(ticket_url(order)).status_code == 429


def test_no_plan_is_asked(client, order):
    order.shop.plan_id = "basic"
    order.shop.save()
    GrantFactory(order=order)
    page = Page(client.get(URL))
    assert len(page.actions) == 1


def test_the_page_is_only_read(client, order):
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response = client.generic(method, URL)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_opening_the_page_counts_nothing(client, order):
    GrantFactory(order=order)
    before = counted()
    for method in ("GET", "HEAD", "GET"):
        assert client.generic(method, URL).status_code == 200
    assert counted() == before


# --- What it carries ---------------------------------------------------------------------------


def test_the_page_is_private_and_asks_no_browser_to_run_anything(client, order):
    GrantFactory(order=order)
    response = client.get(URL)
    assert headers_of(response) == PAGE
    assert policy_of(response) == POLICY | {"form-action": {"'self'", "https:"}}
    assert not response.cookies
    page = Page(response)
    names = {tag for tag, _attrs in page.tags}
    assert names.isdisjoint({"script", "style", "iframe", "object", "embed", "base"})
    attributes = {name for _tag, attrs in page.tags for name in attrs}
    assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert ("meta", {"name": "robots", "content": "noindex"}) in page.tags


def test_the_page_leads_nowhere_but_to_its_own_forms(client, order):
    make_file_grant(order=order)
    GrantFactory(order=order)
    page = Page(client.get(URL))
    assert [attrs for tag, attrs in page.tags if tag in ("a", "img")] == []
    assert [attrs["href"] for tag, attrs in page.tags if tag == "link"] == [
        "data:,",
        "/static/storefront/page.css",
    ]
    assert TOKEN.encode() not in client.get(URL).content


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("by", ["token", "ticket"])
def test_one_round_trip_of_three_queries_whatever_the_size(
    client, order, django_assert_num_queries, by, count
):
    for _ in range(count):
        GrantFactory(order=order)
        GrantFactory(order=order, line=None)
    url = URL if by == "token" else ticket_url(order)
    with django_assert_num_queries(3), counted_round_trips() as trips:
        response = client.get(url)
    assert trips.count == 1
    forms = [action for action in Page(response).actions if action.startswith("/clicks/")]
    assert len(forms) == 2 * count


# --- Its words ---------------------------------------------------------------------------------


def test_an_available_file_has_a_name_a_size_a_count_and_a_button(show, order):
    grant = make_file_grant(b"x" * 1_500, "book.epub", order=order, limit=3, used=1)
    page = show()
    assert page.texts["h2"] == ["My new Book"]
    assert page.texts["h3"] == [grant.asset.title]
    assert page.texts["facts"] == ["book.epub · 1.5 KB"]
    assert page.texts["count"] == ["2 downloads left"]
    assert page.texts["button"] == ["Download"]
    assert page.texts["hidden"] == [grant.asset.title]
    assert ("progress", {"value": "2", "max": "3", "aria-hidden": "true"}) in page.tags
    assert "refusal" not in page.texts
    assert page.texts["p"] == [FOOTER]


def test_an_available_link_is_opened(show, order):
    GrantFactory(order=order, asset__size_bytes=None)
    page = show()
    assert (page.texts["facts"], page.texts["button"]) == (["Link"], ["Open"])


def test_unlimited_says_so(show, order):
    GrantFactory(order=order, limit=None, used=7)
    page = show()
    assert page.texts["count"] == ["No limit on downloads"]
    assert len(page.actions) == 1


def test_an_end_is_told_while_it_lies_ahead(show, order, frozen):
    GrantFactory(order=order, expires_at=NOW + timedelta(days=3, hours=1))
    page = show()
    assert page.texts["time"] == ["4 March 2026, 13:00 UTC"]
    assert ("time", {"datetime": "2026-03-04T13:00:00+00:00"}) in page.tags
    frozen(NOW + timedelta(days=4))
    page = show()
    assert page.texts["refusal"] == ["The time for this download is over."]
    assert "time" not in page.texts
    assert page.actions == []


def test_a_variant_is_named_beside_its_product(show, order):
    LineFactory(order=order, product__name="Book", product__variant_name="Paper back")
    page = show()
    assert (page.texts["h2"], page.texts["small"]) == (["Book"], ["Paper back"])
    assert page.texts["facts"] == ["Nothing to download with this item."]


def test_an_orders_own_asset_stands_apart(show, order):
    GrantFactory(order=order)
    fulfilment.attach_to_order(order, LinkFactory(shop=order.shop, title="Thanks"), limit=1, at=NOW)
    page = show()
    assert page.texts["h2"] == ["My new Book", "With your order"]
    assert page.texts["h3"][1] == "Thanks"
    assert len(page.actions) == 2


def test_an_empty_order_says_so(show):
    assert show().texts["p"] == ["There is nothing to download with this order yet.", FOOTER]


def test_the_shops_text_is_shown_in_paragraphs(show, order):
    order.shop.page_title, order.shop.page_text = "Your files", "Enjoy!\n\nMore < soon"
    order.shop.save()
    page = show()
    assert page.texts["h1"] == ["Your files"]
    assert page.texts["p"][:2] == ["Enjoy!", "More < soon"]


WAIT = "Reload this page later. If it takes long, please ask the shop."
ASK = "If you think this is a mistake, please ask the shop."
ORDERS = {
    "held": (
        {"hold": "dispute"},
        "The shop is checking your payment. Your downloads open here as soon as that is done.",
        WAIT,
    ),
    "pending": (
        {"payment": "pending"},
        "We are waiting for your payment. Your downloads open here as soon as it has arrived.",
        WAIT,
    ),
    "cancelled": (
        {"cancelled_at": NOW},
        "This order was cancelled, so its downloads are closed.",
        ASK,
    ),
    "refunded": (
        {"payment": "refunded"},
        "This order was refunded, so its downloads are closed.",
        ASK,
    ),
}


@pytest.mark.parametrize(("facts", "notice", "step"), ORDERS.values(), ids=ORDERS)
def test_a_closed_order_says_why_once_and_has_no_button(show, order, facts, notice, step):
    for name, value in facts.items():
        setattr(order, name, value)
    order.save()
    GrantFactory(order=order, used=2)
    page = show()
    assert page.texts["notice"] == [notice]
    assert page.texts["step"] == [step]
    assert page.actions == []
    # Once for all of them, and no bar and no word on clicking where nothing can be downloaded.
    assert {"refusal", "count", "p"}.isdisjoint(page.texts)
    assert "progress" not in {tag for tag, _attrs in page.tags}


def test_an_orders_own_asset_keeps_its_button_when_the_items_went_back(show, order):
    line = LineFactory(order=order, current_quantity=0)
    GrantFactory(order=order, line=line)
    GrantFactory(order=order, line=None)
    fulfilment.settle(order, at=NOW)
    page = show()
    assert page.texts["notice"] == [
        "The items of this order were refunded, so their downloads are closed."
    ]
    assert "refusal" not in page.texts
    assert len(page.actions) == 1
    Shop.objects.update(closes_order_assets=True)
    fulfilment.settle(order, at=NOW)
    page = show()
    assert page.texts["notice"] == ["This order was refunded, so its downloads are closed."]
    assert page.actions == []


WITHDRAWN = "The shop has withdrawn this download."
DOWNLOADS = {
    "used up": (
        {"limit": 2, "used": 2},
        "All downloads of this item have been used.",
        "Please ask the shop to allow more.",
    ),
    "past": (
        {"expires_at": NOW},
        "The time for this download is over.",
        "Please ask the shop for more time.",
    ),
    "withdrawn": ({"withdrawn_at": NOW}, WITHDRAWN, "Please ask the shop what replaces it."),
    "asset withdrawn": (
        {"asset__withdrawn_at": NOW},
        WITHDRAWN,
        "Please ask the shop what replaces it.",
    ),
    "refunded": (
        {"refunded": True},
        "This purchase was refunded, so its download is closed.",
        ASK,
    ),
}


@pytest.mark.parametrize(("facts", "refusal", "step"), DOWNLOADS.values(), ids=DOWNLOADS)
def test_a_closed_download_says_why_and_what_next_while_its_neighbour_keeps_its_button(
    show, order, facts, refusal, step
):
    GrantFactory(order=order, **facts)
    still_open = GrantFactory(order=order)
    page = show()
    assert "notice" not in page.texts
    assert (page.texts["refusal"], page.texts["step"]) == ([refusal], [step])
    [action] = page.actions
    assert action.startswith(f"/clicks/{still_open.pk}/")


def test_a_limit_lowered_below_its_use_shows_no_bar_of_nothing(show, order):
    GrantFactory(order=order, limit=2, canceled=2, used=1, refunded=True)
    page = show()
    assert "count" not in page.texts
    assert "progress" not in {tag for tag, _attrs in page.tags}


def test_each_download_has_one_form_and_each_form_its_own_click(client, show, order):
    for _ in range(3):
        make_file_grant(order=order)
    actions = [*show().actions, *show().actions]
    nonces = {action.split("/")[4] for action in actions}
    assert (len(actions), len(nonces)) == (6, 6)
    for action in actions[:3]:
        assert client.post(action).status_code == 303
    assert list(Grant.objects.order_by("pk").values_list("used", flat=True)) == [1, 1, 1]


def test_a_form_posts(show, order):
    GrantFactory(order=order)
    page = show()
    [form] = [attrs for tag, attrs in page.tags if tag == "form"]
    assert form == {"method": "post", "action": page.actions[0]}


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 }}{% x %}"


def test_every_name_is_escaped(show, order):
    shop = order.shop
    shop.name = shop.page_title = shop.page_text = EVIL
    shop.save()
    grant = make_file_grant(
        name="a'&b.txt", order=order, line__product__name=EVIL, line__product__variant_name=EVIL
    )
    grant.asset.title = EVIL
    grant.asset.save()
    page = show()
    assert {"script", "img"}.isdisjoint(tag for tag, _attrs in page.tags)
    for place in ("shop", "h1", "h2", "small", "h3", "hidden"):
        assert page.texts[place] == [EVIL]
    assert page.texts["p"][0] == EVIL
    assert page.texts["title"] == [f"{EVIL} – {EVIL}"]
    assert page.texts["facts"] == ["a'&b.txt · 1 KB"]


def test_no_log_holds_a_token(client, order, logged):
    for text in (TOKEN + "x", ticket_url(order).rpartition("/")[2] + "x"):
        client.get(f"/orders/{text}")
    lines = logged()
    assert [line.split(" ", 4)[4] for line in lines] == [
        "django.request Not Found: /orders/[redacted]"
    ] * 4
