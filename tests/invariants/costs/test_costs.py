"""No request, and no order applied, costs more than was recorded: statements, trips, calls.

Counted, not timed, so that a change that makes a face slow is seen wherever it is made. What is
meant is recorded anew: `python -m tests.invariants.costs.record`.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Message, Order
from storefront import inbox
from storefront.models import CustomerToken, StorefrontKey, WebhookSecret
from storefront.platforms.registry import PLATFORMS
from storefront.signed_urls import new_click
from tests.conftest import WEBHOOK_SECRET, sign
from tests.factories import (
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    make_file,
)
from tests.invariants.costs import recorded
from tests.invariants.costs.measuring import TIMES, WARM_UPS, Cost, Sent, measure
from tests.invariants.costs.wire import CountingProxy, counting
from tests.invariants.messages.life import Life

TOKEN = "c0ffee00" * 4
TEN = 10
QUERY = (
    'query {{ customerDownloadableProduct(id: "/api/shop/customer-downloadable-products/{}") '
    "{{ _id productName name fileName type downloadBought downloadUsed status remainingDownloads "
    "createdAt }} }}"
)
# Nothing is rolled back: a request's own transactions are what is counted.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def application(db, monkeypatch) -> Any:
    """What is served. Django is set up already, and so is its log."""
    monkeypatch.setattr("django.setup", lambda **_: None)
    return import_module("config.wsgi").application


@pytest.fixture
def line(transactional_db) -> Iterator[CountingProxy | None]:
    """The line to PostgreSQL, counted; SQLite has none."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        yield None
        return
    before = {name: settings[name] for name in ("HOST", "PORT")}
    with counting(settings["HOST"], int(settings["PORT"]), is_postgresql=True) as proxy:
        connection.close()
        settings |= {"HOST": "127.0.0.1", "PORT": proxy.port}
        yield proxy
        connection.close()
        settings |= before


@pytest.fixture
def order(transactional_db) -> Order:
    """A paid order of two lines, with two assets each and one of its own."""
    order = OrderFactory(token=TOKEN)
    content = b"0123456789" * 100
    for _ in range(2):
        bought = LineFactory(order=order)
        GrantFactory(order=order, line=bought, asset=make_file(order.shop, content, "a.epub"))
        GrantFactory(order=order, line=bought, asset=LinkFactory(shop=order.shop))
    own = make_file(order.shop, content, "b.epub")
    GrantFactory(order=order, line=None, asset=own)
    order.grants.update(limit=1000, bought=1000)
    return order


def face_a(order: Order) -> Callable[[], Sent]:
    return lambda: Sent(f"/api/v2/customer-account-orders?id={TOKEN}")


def page(order: Order) -> Callable[[], Sent]:
    return lambda: Sent(f"/orders/{TOKEN}", headers={"Accept": "text/html"})


def face_b(order: Order) -> Callable[[], Sent]:
    headers = {
        "Content-Type": "application/json",
        "X-Storefront-Key": StorefrontKey.issue(order.shop, name="costs")[1],
        "Authorization": f"Bearer {CustomerToken.issue(order.customer, at=timezone.now())[1]}",
    }
    # The document's own query, with a number in its text that no query before it had.
    more = OrderFactory(shop=order.shop, customer=order.customer)
    bought = LineFactory(order=more)
    for _ in range(WARM_UPS + TIMES):
        GrantFactory(order=more, line=bought, asset=LinkFactory(shop=order.shop))
    numbers = iter(more.grants.values_list("pk", flat=True))

    def fresh() -> Sent:
        body = json.dumps({"query": QUERY.format(next(numbers))}).encode()
        return Sent("/api/graphql", "POST", headers, body)

    return fresh


def file_click(order: Order) -> Callable[[], Sent]:
    grant = order.grants.with_facts().exclude(asset__file="").first()
    return lambda: Sent(new_click(grant, at=timezone.now()).path)


def link_click(order: Order) -> Callable[[], Sent]:
    grant = order.grants.with_facts().filter(asset__file="").first()
    return lambda: Sent(new_click(grant, at=timezone.now()).path, status=302)


def webhook(order: Order) -> Callable[[], Sent]:
    WebhookSecret.keep(order.shop, source="shopify", secret=WEBHOOK_SECRET)
    life = Life(number=1, token="decade00" * 4)
    life.place([1, 1], financial="paid")
    body = json.dumps(life.sent[0].payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": order.shop.domain,
        "X-Shopify-Hmac-Sha256": sign(body),
    }
    ids = itertools.count(1)

    def fresh() -> Sent:
        return Sent(
            "/webhooks/shopify", "POST", headers | {"X-Shopify-Webhook-Id": f"m-{next(ids)}"}, body
        )

    return fresh


def ten_orders(order: Order) -> Callable[[], Sent]:
    """Store ten new paid orders of two lines; they are applied as one turn of a worker does."""
    for variant in (100, 101, 102):
        product = ProductFactory(shop=order.shop, variant_id=variant)
        AttachmentFactory(product=product, asset=LinkFactory(shop=order.shop))
    numbers = itertools.count(1)

    def fresh() -> Sent:
        for number in itertools.islice(numbers, TEN):
            life = Life(number=number, token=f"{number:032x}")
            life.place([1, 1], financial="paid")
            platform = PLATFORMS["shopify"]
            headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": f"m-{number}"}
            inbound = platform.parse(platform.read_envelope(headers), life.sent[0].payload)
            fulfilment.receive(order.shop, inbound, at=timezone.now())
        return Sent("/")

    return fresh


def apply_ten(_environ: Any, start_response: Any) -> list[bytes]:
    """Apply what waits, in the place of an application."""
    for _ in range(max(TEN // inbox._at_once(), 1)):
        fulfilment.apply_some(inbox._apply, at=timezone.now(), at_most=inbox._at_once())
    start_response("200 OK", [])
    return [b""]


def test_ten_orders_cost_a_worker_no_more_than_recorded(application, line, order):
    cost = measure(apply_ten, ten_orders(order), database=line)
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.APPLIED}
    require_recorded("ten_orders", cost)


@pytest.mark.parametrize("asked", [face_a, face_b, page, file_click, link_click, webhook])
def test_no_request_costs_more_than_recorded(application, line, order, asked):
    require_recorded(asked.__name__, measure(application, asked(order), database=line))


def require_recorded(name: str, cost: Cost) -> None:
    """Fail where something costs more than was recorded; record it if told to."""
    found = {what: count for what, count in vars(cost).items() if count is not None}
    if os.environ.get("RECORD_COSTS") == "true":
        recorded.record(connection.vendor, name, found)
        return
    bounds = recorded.bounds_of(connection.vendor, name)
    if bounds is None:
        pytest.skip(f"nothing is recorded for Python {recorded.VERSION}")
    assert {what: count for what, count in found.items() if count > bounds[what]} == {}


@pytest.mark.parametrize("count", [1, 3])
def test_each_statement_and_round_trip_is_counted(transactional_db, line, count):
    def asks(environ, start_response):
        start_response("200 OK", [])
        with connection.cursor() as cursor:
            for _ in range(count):
                cursor.execute("SELECT 1")
        return [b""]

    cost = measure(asks, lambda: Sent("/"), database=line)
    assert cost.statements == count
    assert cost.trips == (line and count)
